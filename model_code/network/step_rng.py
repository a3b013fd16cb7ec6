"""Random numbers inside the network that depend on the training's seed and step alone, so that a resumed training repeats them.

TensorFlow's stateful random operations continue from a state that no checkpoint holds, so a killed and resumed training would
draw different numbers. Under `seeded`, each draw is a function of the seed and of the draw's number in the graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import tensorflow as tf

_STEP_SEED: ContextVar[_StepSeed | None] = ContextVar("step_seed", default=None)


class _StepSeed:
    """A seed, int64 [2], and the number of draws made from it so far."""

    def __init__(self, seed: tf.Tensor) -> None:
        self.seed = seed
        self.draws = 0


@contextmanager
def seeded(seed: tf.Tensor) -> Iterator[None]:
    """Makes all draws within the context depend on a seed.

    Args:
        seed: int64 [2], such as the training's seed and the step.
    """
    token = _STEP_SEED.set(_StepSeed(seed))
    try:
        yield
    finally:
        _STEP_SEED.reset(token)


def uniform(shape: Sequence[int | tf.Tensor]) -> tf.Tensor:
    """Returns uniform random numbers, drawn from the seed of the enclosing `seeded`, or else from TensorFlow's own.

    Args:
        shape: Shape of the result.

    Returns:
        float32 in [0, 1).
    """
    step_seed = _STEP_SEED.get()
    if step_seed is None:
        return tf.random.uniform(shape)
    step_seed.draws += 1
    seed = tf.random.experimental.stateless_fold_in(step_seed.seed, step_seed.draws)
    return tf.random.stateless_uniform(shape, seed)
