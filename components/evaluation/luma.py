"""PSNR, SSIM and MS-SSIM of BT.601 luma, as the restoration literature reports them.

Protocol: 8-bit RGB as written to a file, turned into 8-bit studio-range Y as MATLAB's `rgb2ycbcr` turns a uint8 image
(16 is black, 235 is white, rounded); whole image, no border cut before PSNR; peak 255.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from components.evaluation.quality import Image, psnr_of
from components.evaluation.similarity import SSIM_WINDOW, mean_ssim, ssim_terms

# ITU-R BT.601 with 8 bits, as MATLAB publishes it for rgb2ycbcr.
BLACK = 16.0
WEIGHTS = (65.481, 128.553, 24.966)

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the five scales, finest first: Wang, Simoncelli and Bovik, 2003."""

MS_SSIM_SIDE = SSIM_WINDOW * 2 ** (len(MS_SSIM_WEIGHTS) - 1)
"""Side in pixels that an image must have for the coarsest scale to hold one window."""

Plane = NDArray[np.uint8]


def luma(image: Image) -> Plane:
    """Returns Y, uint8 [H, W] in [16, 235], of uint8 RGB [H, W, 3]."""
    return np.round(BLACK + image.astype(np.float64) @ (np.array(WEIGHTS) / 255.0)).astype(np.uint8)


def psnr_y(plane: Plane, target: Plane) -> float:
    """Returns the PSNR of two luma planes in dB, peak 255, capped as `quality.psnr` is."""
    return psnr_of(plane, target)


def ssim_y(plane: Plane, target: Plane) -> float:
    """Returns the SSIM of two luma planes of at least 11x11 pixels: Wang's parameters, as `quality.ssim`."""
    return mean_ssim(plane, target)


def ms_ssim_y(plane: Plane, target: Plane) -> float:
    """Returns the multi-scale SSIM of two luma planes.

    Wang, Simoncelli and Bovik, "Multi-scale structural similarity for image quality assessment", 2003: five scales, each
    half the one before (mean of 2x2 pixels); contrast and structure at every scale, luminance at the coarsest only; the
    windows that lie inside the image. A scale whose mean contrast term is negative counts as 0.

    Returns:
        A value in [0, 1]; NaN where a side is shorter than `MS_SSIM_SIDE`, because the coarsest scale would hold no window.
    """
    if min(plane.shape) < MS_SSIM_SIDE:
        return float("nan")
    x, y = plane.astype(np.float64), target.astype(np.float64)
    product = 1.0
    for scale, weight in enumerate(MS_SSIM_WEIGHTS):
        last = scale == len(MS_SSIM_WEIGHTS) - 1
        luminance, contrast = ssim_terms(x, y)
        mean = (luminance * contrast if last else contrast).mean()
        product *= max(float(mean), 0.0) ** weight
        x, y = _halved(x), _halved(y)
    return product


def _halved(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of 2x2 pixels; an odd last row or column is left out."""
    height, width = plane.shape[0] // 2, plane.shape[1] // 2
    return plane[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean(axis=(1, 3))
