"""Structural similarity (SSIM) by the two protocols that numpy code uses here, and its multi-scale form.

- `ssim_rgb`, `ssim_plane`, `ms_ssim_plane`: Wang's parameters, as the literature reports them: Gaussian window of 11x11 pixels,
  sigma 1.5, population covariance, every window that lies inside the image. Equal to scikit-image's to 1e-12, in less time.
  The gate and `ast-restore restore` use it.
- `fast_ssim_plane`: uniform windows of 7x7 pixels side by side, sample covariance. Pair checks and `data stats` use
  it: it costs a fraction, and its values are not to be compared with those of the other.

Both take K1 = 0.01, K2 = 0.03 and a range of 255. Training has a third, `model_code.training.image_metrics`: Wang's parameters
as a TensorFlow graph, for float images in [0, 1].

Z. Wang, A. Bovik, H. Sheikh and E. Simoncelli, "Image Quality Assessment: From Error Visibility to Structural Similarity",
IEEE TIP 13(4), 2004, DOI 10.1109/TIP.2003.819861.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.arrays import ImageU8, PlaneF32, PlaneU8
from data.image.measures import column_means, require_alike, size_text
from data.image.protocol import MS_SSIM_WEIGHTS, SSIM_K1, SSIM_K2, SSIM_SIGMA, SSIM_WINDOW

MS_SSIM_SIDE = SSIM_WINDOW * 2 ** (len(MS_SSIM_WEIGHTS) - 1)
"""Side in pixels that an image must have for MS-SSIM's coarsest scale to hold one window."""

_C1, _C2 = (SSIM_K1 * 255) ** 2, (SSIM_K2 * 255) ** 2
_KERNEL = cv2.getGaussianKernel(SSIM_WINDOW, SSIM_SIGMA)
_BORDER = SSIM_WINDOW // 2

FAST_SIDE = 7
"""Side in pixels of the windows of `fast_ssim_plane`."""

_PlaneF64 = NDArray[np.float64]


def ssim_rgb(image: ImageU8, target: ImageU8) -> float:
    """Returns the mean SSIM over the three channels, with Wang's parameters.

    Args:
        image: uint8 RGB [H, W, 3], H and W at least 11.
        target: uint8 RGB [H, W, 3].

    Returns:
        A value in [-1, 1]; 1 where the images are equal.

    Raises:
        ValueError: The images differ in shape, are not uint8 RGB, or are smaller than the window.
    """
    require_alike(image, target)
    if min(image.shape[:2]) < SSIM_WINDOW:
        raise ValueError(f"SSIM needs at least {SSIM_WINDOW}x{SSIM_WINDOW} pixels, the image has {size_text(image)}")
    channels = zip(np.moveaxis(image, -1, 0), np.moveaxis(target, -1, 0), strict=True)
    return float(np.mean([ssim_plane(plane, wanted) for plane, wanted in channels]))


def ssim_plane(plane: PlaneU8, target: PlaneU8) -> float:
    """Returns the mean SSIM of two planes, with Wang's parameters.

    Args:
        plane: uint8 [H, W], H and W at least 11.
        target: uint8 [H, W].

    Returns:
        A value in [-1, 1]; 1 where the planes are equal.
    """
    luminance, structure = _ssim_terms(plane.astype(np.float64), target.astype(np.float64))
    return float((luminance * structure).mean())


def ms_ssim_plane(plane: PlaneU8, target: PlaneU8) -> float:
    """Returns the multi-scale SSIM of two planes.

    Five scales, each half the one before (mean of 2x2 pixels); contrast and structure at every scale, luminance at the
    coarsest only. A scale whose mean contrast term is negative counts as 0.

    Z. Wang, E. Simoncelli and A. Bovik, "Multiscale Structural Similarity for Image Quality Assessment", Asilomar 2003,
    DOI 10.1109/ACSSC.2003.1292216.

    Args:
        plane: uint8 [H, W].
        target: uint8 [H, W].

    Returns:
        A value in [0, 1]; NaN where a side is shorter than `MS_SSIM_SIDE`, because the coarsest scale would hold no window.
    """
    if min(plane.shape) < MS_SSIM_SIDE:
        return float("nan")
    x, y = plane.astype(np.float64), target.astype(np.float64)
    product = 1.0
    for scale, weight in enumerate(MS_SSIM_WEIGHTS):
        is_coarsest = scale == len(MS_SSIM_WEIGHTS) - 1
        luminance, contrast = _ssim_terms(x, y)
        mean = (luminance * contrast if is_coarsest else contrast).mean()
        product *= max(float(mean), 0.0) ** weight
        x, y = _halved(x), _halved(y)
    return product


def fast_ssim_plane(plane: PlaneU8 | PlaneF32, target: PlaneU8 | PlaneF32) -> float:
    """Returns the mean SSIM of two planes by uniform windows of 7x7 pixels with sample covariance that lie side by side.

    This is the protocol of scikit-image's `structural_similarity` by default, thinned out: its windows overlap, and the mean of
    those that do not differs by about 0.002.

    Args:
        plane: uint8 [H, W], or the same values as float32.
        target: Likewise.

    Returns:
        A value in [-1, 1]; 0 where the planes are smaller than the window.
    """
    rows, columns = (side // FAST_SIDE * FAST_SIDE for side in plane.shape)
    if not rows or not columns:
        return 0.0
    both = np.empty((2, rows // FAST_SIDE, FAST_SIDE, columns), np.float32)
    for values, each in zip(both, (plane, target), strict=True):
        values[...] = each[:rows, :columns].reshape(values.shape)
    # Sums of 49 products of 8 bits are exact in float32. The two variances are only ever needed as their sum, and so are the
    # squares.
    sums = np.empty((4, rows // FAST_SIDE, columns), np.float32)
    np.einsum("grkw->grw", both, out=sums[:2])
    np.einsum("rkw,rkw->rw", *both, out=sums[2])
    np.einsum("grkw,grkw->rw", both, both, out=sums[3])
    mean_x, mean_y, product, squares = column_means(sums.reshape(-1, columns), FAST_SIDE).reshape(4, -1)
    unbiased = np.float32(49 / 48)
    covariance = (product - mean_x * mean_y) * unbiased
    means = mean_x * mean_x + mean_y * mean_y
    variances = (squares - means) * unbiased
    c1, c2 = np.float32(_C1), np.float32(_C2)
    ratio = (2 * mean_x * mean_y + c1) * (2 * covariance + c2) / ((means + c1) * (variances + c2))
    return float(ratio.mean(dtype=np.float64))


def _ssim_terms(x: _PlaneF64, y: _PlaneF64) -> tuple[_PlaneF64, _PlaneF64]:
    """Returns luminance, and contrast times structure, of every window: [H, W] to [H - 10, W - 10]."""
    mean_x, mean_y = _windowed(x), _windowed(y)
    variance_x, variance_y = _windowed(x * x) - mean_x**2, _windowed(y * y) - mean_y**2
    covariance = _windowed(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    return luminance, (2 * covariance + _C2) / (variance_x + variance_y + _C2)


def _windowed(values: _PlaneF64) -> _PlaneF64:
    return cv2.sepFilter2D(values, -1, _KERNEL, _KERNEL)[_BORDER:-_BORDER, _BORDER:-_BORDER]


def _halved(plane: _PlaneF64) -> _PlaneF64:
    """Returns the means of 2x2 pixels; an odd last row or column is left out."""
    height, width = plane.shape[0] // 2, plane.shape[1] // 2
    return plane[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean(axis=(1, 3))
