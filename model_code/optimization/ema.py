"""The running mean of the weights, which is validated and exported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import tensorflow as tf


class WeightMean(tf.Module):
    """The exponential moving average (EMA) of variables.

    After n updates the decay is min(decay, (1 + n) / (10 + n)), as in `tf.train.ExponentialMovingAverage`, so that the initial
    random weights soon lose their influence.
    """

    def __init__(self, variables: Sequence[tf.Variable], decay: float) -> None:
        """Starts at the variables' values.

        Args:
            variables: The variables to average.
            decay: Per update, from 0 to below 1; 0 makes the mean equal to the variables.
        """
        super().__init__()
        self._decay = decay
        self._variables = list(variables)
        self._means = [tf.Variable(v, trainable=False) for v in variables] if decay else self._variables

    def update(self, updates: tf.Tensor, gate: tf.Tensor) -> None:
        """Moves the mean towards the variables.

        Args:
            updates: int64 scalar, number of updates of the variables so far.
            gate: bool scalar; False leaves the mean unchanged.
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
    def applied(self) -> Iterator[None]:
        """Sets the variables to their mean within the context, and restores them afterwards."""
        weights = [tf.identity(variable) for variable in self._variables]
        assign(self._variables, self.read())
        try:
            yield
        finally:
            assign(self._variables, weights)


def assign(variables: Sequence[tf.Variable], values: Sequence[tf.Tensor]) -> None:
    """Assigns a value to each variable.

    Args:
        variables: The variables to set.
        values: One for each variable, of its shape.
    """
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
