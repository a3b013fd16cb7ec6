"""Measures of two 8-bit images: brightness, PSNR, a fast SSIM, correlation, and the change of block means. numpy and OpenCV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
FloatImage = NDArray[np.float32]
# dB that stand for "identical".
PSNR_CAP = 100.0
# Pixels (width, height) of the window of SSIM.
SSIM_WINDOW = (7, 7)
# Rows of a band that SSIM is computed in at once: what it needs then stays in the cache. An even number.
SSIM_BAND = 128
# Pixels along the side of the cells whose means are compared: JPEG's blocks, whose mean it keeps best.
CELL = 8


def luma(rgb: Image) -> Image:
    """Returns BT.601 luma [H, W] uint8 of an RGB image [H, W, 3] uint8."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)


def psnr(degraded: Image, target: Image) -> float:
    """Returns the PSNR in dB over all RGB values of two uint8 images [H, W, 3]; `PSNR_CAP` where they are equal."""
    squared = cv2.norm(degraded, target, cv2.NORM_L2SQR)
    if squared == 0:
        return PSNR_CAP
    return float(min(PSNR_CAP, 10 * np.log10(255.0**2 * degraded.size / squared)))


def ssim_luma(degraded: Image, target: Image) -> float:
    """Returns the mean SSIM of two luma images [H, W] uint8: 7x7 uniform window, sample covariance, range 255.

    The protocol of skimage's `structural_similarity` by default (Wang et al., "Image quality assessment: from error
    visibility to structural similarity", 2004; K1 = 0.01, K2 = 0.03; a border of three pixels left out), at every second
    row and column: neighbouring windows overlap, and the mean of a quarter of them differs by 0.001 or so.
    """
    maps = [
        _ssim_map(degraded[top : top + SSIM_BAND + 6], target[top : top + SSIM_BAND + 6])
        for top in range(0, max(1, degraded.shape[0] - 6), SSIM_BAND)
    ]
    count = sum(part.size for part in maps)
    return float(sum(part.sum(dtype=np.float64) for part in maps) / count) if count else 0.0


def _ssim_map(degraded: Image, target: Image) -> FloatImage:
    """Returns SSIM at every second row and column of a band of rows, 3 pixels in from its borders."""
    mean_x, mean_y = _window_means(degraded), _window_means(target)
    multiplied = cv2.multiply(degraded, target, dtype=cv2.CV_32F)
    # The two variances are only ever needed as their sum, and so are the squares.
    squares = _window_means(cv2.accumulateSquare(target, cv2.multiply(degraded, degraded, dtype=cv2.CV_32F)))
    product = _window_means(multiplied)
    unbiased = np.float32(49 / 48)
    covariance = (product - mean_x * mean_y) * unbiased
    means = mean_x * mean_x + mean_y * mean_y
    variances = (squares - means) * unbiased
    c1, c2 = np.float32((0.01 * 255) ** 2), np.float32((0.03 * 255) ** 2)
    ratio = (2 * mean_x * mean_y + c1) * (2 * covariance + c2) / ((means + c1) * (variances + c2))
    return ratio.astype(np.float32, copy=False)


def _window_means(image: NDArray[Any]) -> FloatImage:
    return _sparse(cv2.boxFilter(image, cv2.CV_32F, SSIM_WINDOW))


def _sparse(image: FloatImage) -> FloatImage:
    # Copied, because all that follows is quicker on neighbouring numbers.
    return np.ascontiguousarray(image[3:-3:2, 3:-3:2])


def lowpass_correlation(degraded: NDArray[Any], target: NDArray[Any]) -> float:
    """Returns Pearson's correlation of two luma thumbnails [h, w], 0 where one of them is flat."""
    x, y = (image.astype(np.float32) - np.float32(image.mean()) for image in (degraded, target))
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / scale if scale > 0 else 0.0


def area_mean(image: NDArray[Any], cell: int) -> FloatImage:
    """Returns the means of square cells of an image [H, W]; what does not fill a cell is left out."""
    rows, columns = max(1, image.shape[0] // cell), max(1, image.shape[1] // cell)
    whole = image[: rows * cell, : columns * cell].astype(np.float32, copy=False)
    return cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)


@dataclass(frozen=True, slots=True)
class Change:
    """How much the mean of 8x8 cells changes from one image to the other, in grey levels of luma.

    Attributes:
        typical: Root mean square.
        strong: 99th percentile of the absolute change.
        strongest: The largest absolute change.
        field: The changes themselves, input minus target, [rows, columns] float32.
    """

    typical: float
    strong: float
    strongest: float
    field: FloatImage


def cell_change(degraded: Image, target: Image) -> Change:
    """Measures how close two luma images [H, W] uint8 are to being the same picture.

    Compression keeps the mean of a block to within its quantisation step and scatters its error within the block;
    weather, light or not, changes the mean where it falls. PSNR does not tell the two apart.
    """
    field = area_mean(degraded, CELL) - area_mean(target, CELL)
    size = np.abs(field)
    typical = float(np.sqrt(np.square(field).mean()))
    return Change(typical, quantile(size, 0.99), float(size.max()), field)


def quantile(values: FloatImage, share: float) -> float:
    """Returns a quantile, with linear interpolation as numpy's own, at a third of its time."""
    place = share * (values.size - 1)
    low = int(place)
    high = min(low + 1, values.size - 1)
    parted = np.partition(values, (low, high), axis=None)
    return float(parted[low] + (place - low) * (parted[high] - parted[low]))
