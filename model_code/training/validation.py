"""Validation: PSNR and SSIM of restored whole images, and their gain over the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from data.image.arrays import ImageU8
from model_code.input import pixels
from model_code.training import image_metrics

_ONE_IMAGE = tf.TensorSpec([1, None, None, 3], tf.float32)


@dataclass(frozen=True)
class Scores:
    """Means over the images; every image has the same weight, whatever its size.

    Attributes:
        psnr: PSNR of the restored images after rounding to 8 bits, in dB.
        ssim: SSIM of the same, at most 1.
        gain_psnr: `psnr` minus the PSNR of the degraded input, in dB.
        gain_ssim: `ssim` minus the SSIM of the degraded input.
    """

    psnr: float
    ssim: float
    gain_psnr: float
    gain_ssim: float


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
        self._input_scores: np.ndarray | None = None  # PSNR and SSIM of the identity baseline
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
            self._input_scores = np.mean([_psnr_and_ssim(*pair).numpy() for pair in self._pairs], axis=0)
        restored_scores = np.mean(values, axis=0)
        gains = restored_scores - self._input_scores
        return Scores(*(round(float(value), 5) for value in (*restored_scores, *gains)))


@tf.function(input_signature=[_ONE_IMAGE, _ONE_IMAGE], autograph=False)
def _psnr_and_ssim(image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns float32 [2] for one image [1, H, W, 3], measured after rounding to 8 bits."""
    rounded = pixels.round_to_8_bits(image)
    return tf.concat([image_metrics.psnr(rounded, target), image_metrics.ssim(rounded, target)], axis=0)
