"""Dynamic loss scaling, which keeps float16 gradients from vanishing (Micikevicius et al., 2018, arXiv:1710.03740)."""

from __future__ import annotations

import tensorflow as tf

from model_code.optimization.optimizers import counter
from model_code.settings import Precision

_INITIAL_SCALE = 2.0**15
_STEPS_TO_DOUBLE = 1000  # finite steps in a row after which the scale doubles


class LossScale(tf.Module):
    """Factor of the loss: halved after a step whose gradients overflow, doubled after many finite steps; 1 without float16."""

    def __init__(self, precision: Precision) -> None:
        """Makes the variables, or none if nothing needs scaling.

        Args:
            precision: Precision of training; only mixed_float16 needs scaling.
        """
        super().__init__()
        self._is_scaling = precision == "mixed_float16"
        if self._is_scaling:
            self._value = tf.Variable(
                _INITIAL_SCALE, trainable=False, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
            )
            self._finite_steps = counter()

    @property
    def value(self) -> tf.Tensor:
        """The factor, a float32 scalar."""
        return tf.identity(self._value) if self._is_scaling else tf.constant(1.0)

    def update(self, finite: tf.Tensor) -> None:
        """Adapts the factor after a step.

        Args:
            finite: bool scalar, whether the gradients were finite.
        """
        if not self._is_scaling:
            return
        finite_steps = tf.where(finite, self._finite_steps + 1, 0)
        doubled = finite_steps >= _STEPS_TO_DOUBLE
        self._value.assign(
            tf.where(finite, tf.where(doubled, self._value * 2.0, self._value), tf.maximum(self._value / 2, 1))
        )
        self._finite_steps.assign(tf.where(doubled, tf.zeros_like(finite_steps), finite_steps))
