"""What a model is worth on whole images, against leaving them alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from model_code import image_metrics, pixels

_ONE = tf.TensorSpec([1, None, None, 3], tf.float32)


@dataclass(frozen=True)
class Scores:
    """Means over images; every image counts the same, whatever its size.

    Attributes:
        psnr: Of the restored images as written in 8 bits, in dB.
        ssim: Likewise.
        gain_psnr: `psnr` minus that of the degraded input, in dB.
        gain_ssim: Likewise.
    """

    psnr: float
    ssim: float
    gain_psnr: float
    gain_ssim: float


class Validator:
    """Measures a restorer on a fixed set of pairs; what doing nothing scores is measured once."""

    def __init__(self, restore: Callable[[tf.Tensor], tf.Tensor], pairs: tf.data.Dataset) -> None:
        """Traces nothing yet.

        Args:
            restore: float32 [1, H, W, 3] to the same shape.
            pairs: What `pair_input.whole_pairs` returns.
        """
        self._pairs = pairs
        self._idle: np.ndarray | None = None

        @tf.autograph.experimental.do_not_convert
        def measure(image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
            return _psnr_and_ssim(restore(image), target)

        self._measure = tf.function(measure, input_signature=[_ONE, _ONE], autograph=False)

    def scores(self) -> Scores:
        """Restores and measures every image."""
        restored = self._means(self._measure)
        if self._idle is None:
            self._idle = self._means(_psnr_and_ssim)
        gain = restored - self._idle
        return Scores(*(round(float(value), 5) for value in (*restored, *gain)))

    def _means(self, measure: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]) -> np.ndarray:
        return np.mean([measure(image, target).numpy() for image, target in self._pairs], axis=0)


@tf.function(input_signature=[_ONE, _ONE], autograph=False)
def _psnr_and_ssim(image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns float32 [2] for one image [1, H, W, 3], measured as it would be written."""
    written = pixels.as_written(image)
    return tf.concat([image_metrics.psnr(written, target), image_metrics.ssim(written, target)], axis=0)
