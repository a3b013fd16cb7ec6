"""Adam and AdamW exactly as the authors' framework (PyTorch) computes them, with a gate for steps that must not count.

Two details differ from Keras: epsilon is added to the root of the *bias-corrected* second moment, and the decay is on
all parameters, biases and norms included, unless `decay: kernels` says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from model_code.settings import OptimizerSettings


class Adam(tf.Module):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019); plain Adam where the decay is 0.

    Attributes:
        updates: int64, updates made so far; the bias correction counts these.
    """

    def __init__(self, variables: Sequence[tf.Variable], settings: OptimizerSettings) -> None:
        super().__init__()
        self._settings = settings
        decay = settings.weight_decay if settings.name == "adamw" else 0.0
        self._variables = list(variables)
        self._decays = [
            decay if settings.decay == "all" or variable.shape.rank > 1 else 0.0 for variable in self._variables
        ]
        self._means = [tf.Variable(tf.zeros_like(variable), trainable=False) for variable in variables]
        self._squares = [tf.Variable(tf.zeros_like(variable), trainable=False) for variable in variables]
        self.updates = counter()

    def apply(
        self, gradients: Sequence[tf.Tensor], learning_rate: tf.Tensor, gate: tf.Tensor, scale: tf.Tensor | float = 1.0
    ) -> None:
        """Makes one update, or none.

        A shut gate is an update with rate 0 and betas 1, which changes nothing: no branch in the graph, so it also
        holds where several replicas must take the same path.

        Args:
            gradients: One per variable, finite when the gate is open.
            learning_rate: float32 scalar.
            gate: bool scalar; False leaves variables, moments and count as they are.
            scale: float32 scalar, what the gradients are to be multiplied by (see `clip_scale`).
        """
        self.updates.assign_add(tf.cast(gate, tf.int64))
        settings = self._settings
        count = tf.cast(tf.maximum(self.updates, 1), tf.float64)  # 1 - 0.999^n loses four digits in float32
        correction_1 = tf.cast(1.0 - settings.beta_1**count, tf.float32)
        correction_2 = tf.cast(tf.sqrt(1.0 - settings.beta_2**count), tf.float32)
        rate = tf.where(gate, learning_rate, 0.0)
        scale = tf.where(gate, scale, 0.0)
        beta_1 = tf.where(gate, settings.beta_1, 1.0)
        beta_2 = tf.where(gate, settings.beta_2, 1.0)
        for variable, mean, square, decay, gradient in zip(
            self._variables, self._means, self._squares, self._decays, gradients, strict=True
        ):
            if decay:
                tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=rate * decay, delta=variable)
            # The kernel's own bias correction is switched off (powers of 0) and folded into the rate and epsilon.
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=square.handle,
                beta1_power=0.0,
                beta2_power=0.0,
                lr=rate * correction_2 / correction_1,
                beta1=beta_1,
                beta2=beta_2,
                epsilon=settings.epsilon * correction_2,
                grad=tf.math.multiply_no_nan(gradient, scale),  # 0 where the gate is shut, whatever the gradient
            )


def counter() -> tf.Variable:
    """Returns an int64 variable from 0 on, which all replicas count up alike."""
    return tf.Variable(0, dtype=tf.int64, trainable=False, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA)


def clip_scale(norm: tf.Tensor, clip_norm: float) -> tf.Tensor:
    """Returns what to multiply gradients of a global norm by, for it to be at most `clip_norm` (0: as it is)."""
    return clip_norm / tf.maximum(norm, clip_norm) if clip_norm else tf.ones_like(norm)
