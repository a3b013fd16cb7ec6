"""Adam and AdamW as PyTorch computes them, with a gate that turns a step into none.

Two details differ from Keras: epsilon is added to the root of the *bias-corrected* second moment, and weight decay acts on all
parameters, biases and norms included, unless `weight_decay_on` is `kernels`.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from model_code.settings import OptimizerSettings


class Adam(tf.Module):
    """Adam (Kingma and Ba, 2015, arXiv:1412.6980) or AdamW (Loshchilov and Hutter, 2019, arXiv:1711.05101).

    Attributes:
        updates: int64, number of updates so far, which the bias correction uses.
    """

    def __init__(self, variables: Sequence[tf.Variable], settings: OptimizerSettings) -> None:
        """Makes the moments.

        Args:
            variables: The variables to update.
            settings: Kind, decays, epsilon and weight decay.
        """
        super().__init__()
        self._settings = settings
        decay = settings.weight_decay if settings.name == "adamw" else 0.0
        self._variables = list(variables)
        self._decays = [
            decay if settings.weight_decay_on == "all" or variable.shape.rank > 1 else 0.0
            for variable in self._variables
        ]
        self._means = [tf.Variable(tf.zeros_like(variable), trainable=False) for variable in variables]
        self._squares = [tf.Variable(tf.zeros_like(variable), trainable=False) for variable in variables]
        self.updates = counter()

    def apply(
        self, gradients: Sequence[tf.Tensor], learning_rate: tf.Tensor, gate: tf.Tensor, scale: tf.Tensor | float = 1.0
    ) -> None:
        """Updates the variables, or leaves them unchanged.

        A closed gate is an update with rate 0 and betas 1. The graph has no branch, so that all replicas take the same path.

        Args:
            gradients: One for each variable; finite if the gate is open.
            learning_rate: float32 scalar.
            gate: bool scalar; False leaves variables, moments and count unchanged.
            scale: float32 scalar that multiplies the gradients (see `clip_scale`).
        """
        self.updates.assign_add(tf.cast(gate, tf.int64))
        rate = tf.where(gate, learning_rate, 0.0)
        gated_scale = tf.where(gate, scale, 0.0)
        hyperparameters = self._kernel_arguments(rate, gate)
        for variable, mean, square, decay, gradient in zip(
            self._variables, self._means, self._squares, self._decays, gradients, strict=True
        ):
            if decay:
                tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=rate * decay, delta=variable)
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=square.handle,
                grad=tf.math.multiply_no_nan(gradient, gated_scale),  # 0 if the gate is closed, even for NaN
                **hyperparameters,
            )

    def _kernel_arguments(self, rate: tf.Tensor, gate: tf.Tensor) -> dict[str, tf.Tensor | float]:
        """Returns the arguments of TensorFlow's Adam kernel that all variables share.

        Powers of 0 switch the kernel's own bias correction off; rate and epsilon contain it instead.
        """
        settings = self._settings
        count = tf.cast(tf.maximum(self.updates, 1), tf.float64)  # 1 - 0.999^n loses four digits in float32
        correction_1 = tf.cast(1.0 - settings.beta_1**count, tf.float32)
        correction_2 = tf.cast(tf.sqrt(1.0 - settings.beta_2**count), tf.float32)
        return {
            "beta1_power": 0.0,
            "beta2_power": 0.0,
            "lr": rate * correction_2 / correction_1,
            "beta1": tf.where(gate, settings.beta_1, 1.0),
            "beta2": tf.where(gate, settings.beta_2, 1.0),
            "epsilon": settings.epsilon * correction_2,
        }


def counter() -> tf.Variable:
    """Returns an int64 variable, at first 0, that all replicas increment alike."""
    return tf.Variable(0, dtype=tf.int64, trainable=False, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA)


def clip_scale(norm: tf.Tensor, clip_norm: float) -> tf.Tensor:
    """Returns the factor that clips gradients by their global norm.

    Args:
        norm: float32 scalar, global norm of the gradients.
        clip_norm: Largest norm allowed; 0 switches clipping off.

    Returns:
        float32 scalar in (0, 1].
    """
    return clip_norm / tf.maximum(norm, clip_norm) if clip_norm else tf.ones_like(norm)
