"""BT.601 luma in the three forms that this project uses; they differ in range and in rounding.

- `luma_full_range`: uint8, 0 to 255, in fixed point as OpenCV rounds it. Pair checks, pictures and synthesis use it.
- `luma_studio_range`: uint8, 16 to 235, as MATLAB's `rgb2ycbcr` rounds it. PSNR and SSIM "on Y" of the restoration
  literature use it, and so does the gate.
- `luma_float`: float32, the range of the input, not rounded. Post-processing uses it.

Scene hashes use a fourth, Pillow's `convert("L")`: full range, rounded otherwise than OpenCV's. See `data.image.hashing`.
"""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np

from data.image.arrays import ImageF32, ImageU8, PlaneF32, PlaneU8

# ITU-R BT.601: full range, and 8-bit studio range as MATLAB documents it for rgb2ycbcr.
_FULL_RANGE_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)
_STUDIO_BLACK = 16.0
_STUDIO_WEIGHTS = (65.481, 128.553, 24.966)

_Image = TypeVar("_Image", ImageU8, PlaneU8)


def luma_full_range(image: ImageU8) -> PlaneU8:
    """Returns BT.601 luma in full range, as OpenCV rounds it.

    Args:
        image: uint8 RGB [H, W, 3].

    Returns:
        uint8 [H, W], 0 to 255.
    """
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def halved(plane: _Image) -> _Image:
    """Returns the means of 2x2 pixels, rounded; an odd last row or column is left out.

    Args:
        plane: uint8 [H, W], or an image of several channels.

    Returns:
        uint8 [H // 2, W // 2], at least 1 x 1, of the same channels.
    """
    height, width = (max(1, side // 2) for side in plane.shape[:2])
    return cv2.resize(plane[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)


def luma_studio_range(image: ImageU8) -> PlaneU8:
    """Returns BT.601 luma (Y) in studio range, as MATLAB's `rgb2ycbcr` rounds it for a uint8 image.

    Args:
        image: uint8 RGB [H, W, 3].

    Returns:
        uint8 [H, W], 16 (black) to 235 (white).
    """
    return np.round(_STUDIO_BLACK + image.astype(np.float64) @ (np.array(_STUDIO_WEIGHTS) / 255.0)).astype(np.uint8)


def luma_float(image: ImageF32) -> PlaneF32:
    """Returns BT.601 luma in full range, not rounded.

    Args:
        image: float32 RGB [H, W, 3]; any range, differences of images too.

    Returns:
        float32 [H, W], in the range of the image.
    """
    return image @ _FULL_RANGE_WEIGHTS
