"""Training losses: each compares restored and target, float32 [B, H, W, 3], and returns a scalar; smaller is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

from model_code.settings import LossName
from model_code.training import image_metrics

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


def ms_ssim(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns 1 - MS-SSIM, averaged over images; patches of less than 176 pixels have as many scales as fit in."""
    return 1.0 - tf.reduce_mean(image_metrics.ms_ssim(restored, target))


def colour(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns the mean absolute difference of the channels' means, image by image: a cast, whatever else is wrong."""
    return tf.reduce_mean(tf.abs(tf.reduce_mean(restored - target, axis=[1, 2])))


TERMS: dict[LossName, Loss] = {
    "charbonnier": charbonnier,
    "l1": l1,
    "ssim": ssim,
    "ms_ssim": ms_ssim,
    "edge": edge,
    "fft": fft,
    "colour": colour,
}
"""The terms that need nothing but two images; `perceptual` needs a network (see `model_code.training.perceptual`)."""


class WeightedLoss:
    """A sum of named terms, each times its weight.

    Attributes:
        names: Of the terms, sorted.
    """

    def __init__(self, weights: Mapping[LossName, float], others: Mapping[LossName, Loss] | None = None) -> None:
        """Chooses the terms.

        Args:
            weights: Term name to weight.
            others: Terms that are not in `TERMS`.
        """
        terms = {**TERMS, **(others or {})}
        self.names = sorted(weights)
        self._terms = [(weights[name], terms[name]) for name in self.names]

    def __call__(self, restored: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the sum, a scalar, and the value of each term before its weight, float32 [terms]."""
        values = [term(restored, target) for _, term in self._terms]
        total = tf.add_n([weight * value for (weight, _), value in zip(self._terms, values, strict=True)])
        return total, tf.stack(values)
