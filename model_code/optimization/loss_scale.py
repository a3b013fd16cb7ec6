"""The factor that keeps gradients in float16 from vanishing: mixed precision's dynamic loss scale."""

from __future__ import annotations

import tensorflow as tf

from model_code.optimization.optimizers import counter
from model_code.settings import Precision

_FIRST = 2.0**15
_DOUBLED_AFTER = 1000  # good steps in a row


class LossScale(tf.Module):
    """Halved by a step whose gradients overflow, doubled after many that do not; 1 unless computing in float16."""

    def __init__(self, precision: Precision) -> None:
        """Makes the variables, or none where nothing is to be scaled."""
        super().__init__()
        self._scaling = precision == "mixed_float16"
        if self._scaling:
            self._value = tf.Variable(_FIRST, trainable=False, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA)
            self._good = counter()

    @property
    def value(self) -> tf.Tensor:
        """float32 scalar."""
        return tf.identity(self._value) if self._scaling else tf.constant(1.0)

    def update(self, finite: tf.Tensor) -> None:
        """Takes in whether a step's gradients were finite (bool scalar)."""
        if not self._scaling:
            return
        good = tf.where(finite, self._good + 1, 0)
        doubled = good >= _DOUBLED_AFTER
        self._value.assign(
            tf.where(finite, tf.where(doubled, self._value * 2.0, self._value), tf.maximum(self._value / 2, 1))
        )
        self._good.assign(tf.where(doubled, tf.zeros_like(good), good))
