"""Validation: PSNR and SSIM of restored whole images, and their gain over the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from data.image.arrays import ImageU8
from data.image.protocol import PSNR_CAP_DB
from model_code.input import pixels
from model_code.training import image_metrics

_CAP_TOLERANCE = 1e-3
"""The cap in float32 is a little off, in dB; a single value that differs by one level costs more."""

_ONE_IMAGE = tf.TensorSpec([1, None, None, 3], tf.float32)


@dataclass(frozen=True)
class Scores:
    """Means over the images; every image has the same weight, whatever its size.

    Attributes:
        psnr: PSNR of the restored images after rounding to 8 bits, in dB.
        ssim: SSIM of the same, at most 1.
        gain_psnr: `psnr` minus the PSNR of the degraded input, in dB.
        gain_ssim: `ssim` minus the SSIM of the degraded input.
        degraded_gain_psnr: The gain without the clean pairs, whose input equals its target; None where there is no clean pair,
            or no other. The PSNR of a clean pair can only fall, from `PSNR_CAP_DB`, so a few of them hide what is gained on
            the others.
        clean_psnr: PSNR of the restored images of the clean pairs, in dB; None where there is none.
    """

    psnr: float
    ssim: float
    gain_psnr: float
    gain_ssim: float
    degraded_gain_psnr: float | None = None
    clean_psnr: float | None = None


class Validator:
    """Measures a restorer on a fixed set of pairs. The identity baseline is measured once.

    Attributes:
        comparisons: uint8 [H, 3 W, 3] of the first pairs: input, restored image and target side by side, as last measured.
    """

    def __init__(self, restore: Callable[[tf.Tensor], tf.Tensor], pairs: tf.data.Dataset, comparisons: int = 0) -> None:
        """Measures nothing yet.

        Args:
            restore: Maps float32 [1, H, W, 3] in [0, 1] to the same shape.
            pairs: From `pair_input.whole_pairs`.
            comparisons: Number of pairs to show in `comparisons`.
        """
        self._pairs = pairs
        self._max_comparisons = comparisons
        self._input_scores: np.ndarray | None = None  # PSNR and SSIM of the identity baseline, a row for each pair
        self.comparisons: list[ImageU8] = []

        @tf.autograph.experimental.do_not_convert
        def measure(image: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            restored = restore(image)
            side_by_side = [pixels.to_uint8(images[0]) for images in (image, restored, target)]
            return _psnr_and_ssim(restored, target), tf.concat(side_by_side, axis=1)

        self._measure = tf.function(measure, input_signature=[_ONE_IMAGE, _ONE_IMAGE], autograph=False)

    def scores(self) -> Scores:
        """Restores and measures every image, and returns the means.

        Returns:
            The means over the validation images.
        """
        values, self.comparisons = [], []
        for image, target in self._pairs:
            psnr_and_ssim, comparison = self._measure(image, target)
            values.append(psnr_and_ssim.numpy())
            if len(self.comparisons) < self._max_comparisons:
                self.comparisons.append(comparison.numpy())
        if self._input_scores is None:
            self._input_scores = np.array([_psnr_and_ssim(*pair).numpy() for pair in self._pairs])
        restored_scores = np.mean(values, axis=0)
        gains = restored_scores - np.mean(self._input_scores, axis=0)
        degraded_gain, clean_psnr = _apart(np.array(values)[:, 0], self._input_scores[:, 0])
        psnr, ssim, gain_psnr, gain_ssim = (round(float(value), 5) for value in (*restored_scores, *gains))
        return Scores(psnr, ssim, gain_psnr, gain_ssim, degraded_gain, clean_psnr)


def _apart(restored: np.ndarray, inputs: np.ndarray) -> tuple[float | None, float | None]:
    """Returns the mean gain of the degraded pairs and the mean PSNR of the clean ones, by PSNR of each pair."""
    is_clean = inputs > PSNR_CAP_DB - _CAP_TOLERANCE
    if not is_clean.any():
        return None, None
    gains = (restored - inputs)[~is_clean]
    return (round(float(gains.mean()), 5) if gains.size else None), round(float(restored[is_clean].mean()), 5)


@tf.function(input_signature=[_ONE_IMAGE, _ONE_IMAGE], autograph=False)
def _psnr_and_ssim(image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns float32 [2] for one image [1, H, W, 3], measured after rounding to 8 bits."""
    rounded = pixels.round_to_8_bits(image)
    return tf.concat([image_metrics.psnr(rounded, target), image_metrics.ssim(rounded, target)], axis=0)
