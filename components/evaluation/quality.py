"""PSNR and SSIM of 8-bit RGB images: the arithmetic, without TFX, Beam or TensorFlow.

Protocol: uint8 RGB as written to a file, whole image, no border cut before PSNR; a data set's value is the mean of the
values of its images.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from components.evaluation.similarity import SSIM_WINDOW, mean_ssim

PSNR_CAP_DB = 100.0
"""PSNR of two identical images, in dB: infinite by definition, but a mean must stay finite."""

Image = NDArray[np.uint8]


def psnr(image: Image, target: Image) -> float:
    """Returns the peak signal-to-noise ratio in dB, 10 log10(255^2 / MSE) over all pixels and the three channels.

    Args:
        image: uint8 [H, W, 3].
        target: uint8 [H, W, 3].

    Raises:
        ValueError: The images differ in shape or are not uint8 RGB.
    """
    _require_alike(image, target)
    return psnr_of(image, target)


def psnr_of(values: NDArray[np.uint8], target: NDArray[np.uint8]) -> float:
    """Returns the PSNR in dB of two uint8 arrays of one shape, whatever their channels; at most `PSNR_CAP_DB`."""
    error = np.mean(np.square(values.astype(np.float64) - target.astype(np.float64)))
    if error == 0.0:
        return PSNR_CAP_DB
    return min(PSNR_CAP_DB, float(10.0 * np.log10(255.0**2 / error)))


def ssim(image: Image, target: Image) -> float:
    """Returns the mean structural similarity over RGB, in [-1, 1].

    Wang et al., 2004, with its parameters, see `similarity`; each channel on its own, then averaged.

    Args:
        image: uint8 [H, W, 3].
        target: uint8 [H, W, 3].

    Raises:
        ValueError: The images differ in shape, are not uint8 RGB, or are smaller than the window.
    """
    _require_alike(image, target)
    if min(image.shape[:2]) < SSIM_WINDOW:
        raise ValueError(f"SSIM needs at least {SSIM_WINDOW}x{SSIM_WINDOW} pixels, the image has {_size(image)}")
    channels = zip(np.moveaxis(image, -1, 0), np.moveaxis(target, -1, 0), strict=True)
    return float(np.mean([mean_ssim(plane, wanted) for plane, wanted in channels]))


def _require_alike(image: Image, target: Image) -> None:
    for name, array in (("image", image), ("target", target)):
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
            raise ValueError(f"the {name} must be uint8 [H, W, 3], it is {array.dtype} {list(array.shape)}")
    if image.shape != target.shape:
        raise ValueError(f"the image has {_size(image)}, the target {_size(target)} pixels (height x width)")


def _size(array: Image) -> str:
    return f"{array.shape[0]}x{array.shape[1]}"
