"""Training losses: each compares restored images and targets, float32 [B, H, W, 3] in [0, 1]; smaller is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

from model_code.settings import LossName
from model_code.training import image_metrics

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""Restored images and targets, float32 [B, H, W, 3] -> float32 scalar."""


def charbonnier(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns Charbonnier's loss, mean(sqrt(d^2 + 1e-6)): L1 with a smooth minimum (1994, doi:10.1109/ICIP.1994.413553).

    It is the loss that AST's authors train with.

    Args:
        restored: float32 [B, H, W, 3] in [0, 1].
        target: The same shape and range.

    Returns:
        float32 scalar, at least 0.001.

    Example:
        >>> target = tf.zeros([1, 2, 2, 3])
        >>> round(float(charbonnier(target, target)), 6)
        0.001
        >>> round(float(charbonnier(target + 0.5, target)), 6)
        0.500001
    """
    return tf.reduce_mean(tf.sqrt(tf.math.squared_difference(restored, target) + 1e-6))


def l1(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns the mean absolute difference, in [0, 1] for images in [0, 1].

    Args:
        restored: float32 [B, H, W, 3].
        target: The same shape.
    """
    return tf.reduce_mean(tf.abs(restored - target))


def ssim(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns 1 - SSIM, the mean over images, in [0, 2] (see `image_metrics.ssim`).

    Args:
        restored: float32 [B, H, W, 3] in [0, 1], H and W at least 11.
        target: The same shape and range.
    """
    return 1.0 - tf.reduce_mean(image_metrics.ssim(restored, target))


def ms_ssim(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns 1 - MS-SSIM, the mean over images, in [0, 1] (see `image_metrics.ms_ssim`).

    Args:
        restored: float32 [B, H, W, 3] in [0, 1], H and W at least 11. Patches below 176 pixels have fewer scales.
        target: The same shape and range.
    """
    return 1.0 - tf.reduce_mean(image_metrics.ms_ssim(restored, target))


def edge(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns the mean absolute difference of the images' gradients, the differences of neighbours down and across.

    Args:
        restored: float32 [B, H, W, 3].
        target: The same shape.
    """
    error = restored - target
    down = error[:, 1:] - error[:, :-1]
    across = error[:, :, 1:] - error[:, :, :-1]
    return 0.5 * (tf.reduce_mean(tf.abs(down)) + tf.reduce_mean(tf.abs(across)))


def fft(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns the mean modulus of the error's Fourier coefficients, in an orthonormal transform, so that it scales as L1.

    Args:
        restored: float32 [B, H, W, 3].
        target: The same shape.
    """
    error = tf.transpose(restored - target, [0, 3, 1, 2])
    pixels = tf.cast(tf.reduce_prod(tf.shape(error)[2:]), tf.float32)
    spectrum = tf.signal.fft2d(tf.cast(error, tf.complex64))
    power = tf.math.real(spectrum) ** 2 + tf.math.imag(spectrum) ** 2
    return tf.reduce_mean(tf.sqrt(power / pixels + 1e-12))  # the modulus has no gradient at 0


def colour(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns the mean absolute difference of the channels' means, image by image: the colour cast.

    Args:
        restored: float32 [B, H, W, 3].
        target: The same shape.
    """
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
"""Losses of two images alone; `perceptual` needs a network (see `model_code.training.perceptual`)."""


class WeightedLoss:
    """A weighted sum of loss terms.

    Attributes:
        names: Names of the terms, sorted.
    """

    def __init__(self, weights: Mapping[LossName, float], more_terms: Mapping[LossName, Loss] | None = None) -> None:
        """Chooses the terms.

        Args:
            weights: Weight of each term by name.
            more_terms: Terms that are not in `TERMS`, by name.
        """
        terms = {**TERMS, **(more_terms or {})}
        self.names = sorted(weights)
        self._terms = [(weights[name], terms[name]) for name in self.names]

    def __call__(self, restored: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes the loss.

        Args:
            restored: float32 [B, H, W, 3] in [0, 1].
            target: The same shape and range.

        Returns:
            The weighted sum, a float32 scalar, and each term before its weight, float32 [terms].
        """
        values = [term(restored, target) for _, term in self._terms]
        total = tf.add_n([weight * value for (weight, _), value in zip(self._terms, values, strict=True)])
        return total, tf.stack(values)
