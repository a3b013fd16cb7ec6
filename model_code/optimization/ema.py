"""A running mean of the weights: what is validated and exported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import tensorflow as tf


class WeightMean(tf.Module):
    """The exponential moving average of some variables.

    The decay grows with the updates seen, min(decay, (1 + n) / (10 + n)), so that the first random weights are soon
    forgotten. A decay of 0 makes the mean equal to the weights.
    """

    def __init__(self, variables: Sequence[tf.Variable], decay: float) -> None:
        super().__init__()
        self._decay = decay
        self._variables = list(variables)
        self._means = [tf.Variable(v, trainable=False) for v in variables] if decay else self._variables

    def update(self, updates: tf.Tensor, gate: tf.Tensor) -> None:
        """Moves the mean towards the weights.

        Args:
            updates: int64 scalar, updates that the weights have seen.
            gate: bool scalar; False leaves the mean as it is.
        """
        if not self._decay:
            return
        count = tf.cast(updates, tf.float32)
        share = 1.0 - tf.minimum(self._decay, (1.0 + count) / (10.0 + count))
        share = tf.where(gate, share, 0.0)
        for mean, variable in zip(self._means, self._variables, strict=True):
            tf.raw_ops.ResourceApplyGradientDescent(var=mean.handle, alpha=share, delta=mean - variable)

    def read(self) -> list[tf.Tensor]:
        """Returns a copy of the mean, one tensor per variable."""
        return [tf.identity(mean) for mean in self._means]

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Puts the mean where the weights are, for as long as the block runs."""
        weights = [tf.identity(variable) for variable in self._variables]
        assign(self._variables, self.read())
        try:
            yield
        finally:
            assign(self._variables, weights)


def assign(variables: Sequence[tf.Variable], values: Sequence[tf.Tensor]) -> None:
    """Gives every variable its value."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
