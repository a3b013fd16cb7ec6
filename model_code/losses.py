"""Training losses: each compares restored and target, float32 [B, H, W, 3], and returns a scalar; smaller is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

from model_code import image_metrics
from model_code.settings import LossName

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def charbonnier(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns mean(sqrt(d^2 + 1e-6)), the authors' loss: L1 with a rounded tip."""
    return tf.reduce_mean(tf.sqrt(tf.math.squared_difference(restored, target) + 1e-6))


def l1(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns the mean absolute difference."""
    return tf.reduce_mean(tf.abs(restored - target))


def ssim(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns 1 - SSIM, averaged over images; patches must be at least 11 pixels in height and width."""
    return 1.0 - tf.reduce_mean(image_metrics.ssim(restored, target))


def edge(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns the mean absolute difference of the neighbour differences, down and across."""
    error = restored - target
    down = error[:, 1:] - error[:, :-1]
    across = error[:, :, 1:] - error[:, :, :-1]
    return 0.5 * (tf.reduce_mean(tf.abs(down)) + tf.reduce_mean(tf.abs(across)))


def fft(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns the mean modulus of the error's Fourier coefficients, orthonormal so that it scales as L1 does."""
    error = tf.transpose(restored - target, [0, 3, 1, 2])
    pixels = tf.cast(tf.reduce_prod(tf.shape(error)[2:]), tf.float32)
    spectrum = tf.signal.fft2d(tf.cast(error, tf.complex64))
    power = tf.math.real(spectrum) ** 2 + tf.math.imag(spectrum) ** 2
    return tf.reduce_mean(tf.sqrt(power / pixels + 1e-12))  # the modulus has no gradient at 0


TERMS: dict[LossName, Loss] = {"charbonnier": charbonnier, "l1": l1, "ssim": ssim, "edge": edge, "fft": fft}


def weighted(weights: Mapping[LossName, float]) -> Loss:
    """Returns the sum of the named terms, each times its weight.

    Args:
        weights: Term name to weight, names out of `TERMS`.
    """

    def total(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        return tf.add_n([weight * TERMS[name](restored, target) for name, weight in sorted(weights.items())])

    return total
