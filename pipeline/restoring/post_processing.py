"""Optional steps after restoring an image; none is applied by default.

- The guided filter (`data.image.filtering`) smooths remaining noise, but not across edges.
- `transfer_colour` takes the colour cast of large areas from the input. Replacing the low frequencies of one image by those
  of another is the colour fix of Wang et al., "Exploiting Diffusion Prior for Real-World Image Super-Resolution", IJCV 2024,
  arXiv:2305.07015. Here a Gaussian separates them, and only colour is replaced: the input's brightness would
  bring a veil back.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.arrays import ImageF32
from data.image.filtering import guided_filter
from data.image.luma import luma_float

Levels = NDArray[np.uint8 | np.uint16]
"""An image of 8 or 16 bits, [H, W, C]."""

# Standard deviations at which a Gaussian is cut off.
_CUT = 4
# Rows that are processed at a time: ten float arrays of them take a tenth of the memory of a tile.
_BAND = 128


def transfer_colour(image: ImageF32, restored: ImageF32, radius: int) -> ImageF32:
    """Replaces the colour of large areas of a restored image by that of the input; luma is unchanged.

    Args:
        image: The input, float32 [H, W, 3].
        restored: The restored image, float32 [H, W, 3].
        radius: Standard deviation of the Gaussian in pixels; larger structures count as low frequencies.

    Returns:
        float32 [H, W, 3], not clipped; each pixel depends on those at most 4 `radius` away.
    """
    side = 2 * _CUT * radius + 1
    difference = cv2.GaussianBlur(image - restored, (side, side), radius, borderType=cv2.BORDER_REFLECT)
    return restored + difference - luma_float(difference)[..., None]


def post_process(image: Levels, restored: Levels, guided: int, colour: int) -> Levels:
    """Applies the guided filter and the colour transfer in bands of rows, so that memory does not grow with the image.

    Args:
        image: The input, uint8 or uint16 [H, W, 3].
        restored: The restored image, of the same shape and depth.
        guided: Radius in pixels of the guided filter, whose guide is the restored luma; 0 for none.
        colour: Radius in pixels of the colour transfer, which follows; 0 for none.

    Returns:
        [H, W, 3] of the same depth.
    """
    if not guided and not colour:
        return restored

    def process(before: ImageF32, after: ImageF32) -> ImageF32:
        if guided:
            after = guided_filter(luma_float(after), after, guided)
        return transfer_colour(before, after, colour) if colour else after

    return _in_bands(process, image, restored, 2 * guided + _CUT * colour)


def _in_bands(
    process: Callable[[ImageF32, ImageF32], ImageF32],
    image: Levels,
    restored: Levels,
    reach: int,
) -> Levels:
    """Processes bands of rows, each with `reach` rows above and below on which its result depends."""
    height, most = len(image), np.float32(np.iinfo(image.dtype).max)
    result = np.empty_like(restored)
    for top in range(0, height, _BAND):
        first, bottom = max(0, top - reach), min(height, top + _BAND)
        seen = slice(first, min(height, bottom + reach))
        floats = process(image[seen].astype(np.float32) / most, restored[seen].astype(np.float32) / most)
        band = floats[top - first : bottom - first]
        result[top:bottom] = np.rint(np.clip(band, 0.0, 1.0) * most).astype(image.dtype)
    return result
