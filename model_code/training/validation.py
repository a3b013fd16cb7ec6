"""What a model is worth on whole images, against leaving them alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model_code.input import pixels
from model_code.training import image_metrics

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
    """Measures a restorer on a fixed set of pairs; what doing nothing scores is measured once.

    Attributes:
        shown: uint8 [H, 3 W, 3] of the first pairs, as last measured: input, restored and target side by side.
    """

    def __init__(self, restore: Callable[[tf.Tensor], tf.Tensor], pairs: tf.data.Dataset, shown: int = 0) -> None:
        """Traces nothing yet.

        Args:
            restore: float32 [1, H, W, 3] to the same shape.
            pairs: What `pair_input.whole_pairs` returns.
            shown: How many of the first pairs are kept as pictures.
        """
        self._pairs = pairs
        self._most = shown
        self._idle: np.ndarray | None = None
        self.shown: list[NDArray[np.uint8]] = []

        @tf.autograph.experimental.do_not_convert
        def measure(image: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            restored = restore(image)
            pictures = [pixels.to_uint8(side[0]) for side in (image, restored, target)]
            return _psnr_and_ssim(restored, target), tf.concat(pictures, axis=1)

        self._measure = tf.function(measure, input_signature=[_ONE, _ONE], autograph=False)

    def scores(self) -> Scores:
        """Restores and measures every image."""
        values, self.shown = [], []
        for image, target in self._pairs:
            value, picture = self._measure(image, target)
            values.append(value.numpy())
            if len(self.shown) < self._most:
                self.shown.append(picture.numpy())
        if self._idle is None:
            self._idle = np.mean([_psnr_and_ssim(*pair).numpy() for pair in self._pairs], axis=0)
        restored = np.mean(values, axis=0)
        return Scores(*(round(float(value), 5) for value in (*restored, *(restored - self._idle))))


@tf.function(input_signature=[_ONE, _ONE], autograph=False)
def _psnr_and_ssim(image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns float32 [2] for one image [1, H, W, 3], measured as it would be written."""
    written = pixels.as_written(image)
    return tf.concat([image_metrics.psnr(written, target), image_metrics.ssim(written, target)], axis=0)
