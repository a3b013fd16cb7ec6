"""Randomness inside the network that depends on the step alone.

TensorFlow's stateful random operations go on from where their kernel stands, which no checkpoint holds: a training that was
killed would draw other numbers than one that was not. Under `seeded`, each draw is a function of the seed and of its own
number in the graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import tensorflow as tf

_SOURCE: ContextVar[_Source | None] = ContextVar("draws", default=None)


class _Source:
    """A seed, int64 [2], and how many draws were made of it."""

    def __init__(self, seed: tf.Tensor) -> None:
        self.seed = seed
        self.count = 0


@contextmanager
def seeded(seed: tf.Tensor) -> Iterator[None]:
    """Makes all draws of a block depend on a seed.

    Args:
        seed: int64 [2], such as the training's seed and the step.
    """
    token = _SOURCE.set(_Source(seed))
    try:
        yield
    finally:
        _SOURCE.reset(token)


def uniform(shape: Sequence[Any]) -> tf.Tensor:
    """Returns float32 in [0, 1) of a shape: by the block's seed, and by TensorFlow's own outside of one."""
    source = _SOURCE.get()
    if source is None:
        return tf.random.uniform(shape)
    source.count += 1
    number = tf.random.experimental.stateless_fold_in(source.seed, source.count)
    return tf.random.stateless_uniform(shape, number)
