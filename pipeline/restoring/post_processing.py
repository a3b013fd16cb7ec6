"""What may be done to a restored image afterwards; pure functions of float images, none of which is applied by default.

- `guided_filter` smooths what a restoration left, but not across edges. He, Sun and Tang, "Guided Image Filtering", IEEE TPAMI
  2013, equations 5, 6 and 8, with a gray guide.
- `transfer_colour` takes the colour cast of large areas from the input. The low frequencies of one image in the place of
  those of another are the colour fix of Wang et al., "Exploiting Diffusion Prior for Real-World Image Super-Resolution",
  IJCV 2024; here by a Gaussian, and of colour alone: brightness stays restored, or a veil would come back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.arrays import ImageF32
from data.image.filtering import guided_filter
from data.image.luma import luma_float

Levels = NDArray[Any]
"""uint8 or uint16."""

# A Gaussian is cut off at so many of its standard deviations.
_CUT = 4
# Rows at a time: as floats, and with ten arrays of them, a tenth of what a tile takes.
_BAND = 128


def transfer_colour(image: ImageF32, restored: ImageF32, radius: int) -> ImageF32:
    """Gives a restored image the colour that the input has over large areas; its luma is unchanged.

    Args:
        image: The input, float32 [H, W, 3].
        restored: float32 [H, W, 3].
        radius: Standard deviation of the Gaussian in pixels: what is larger counts as low frequency.

    Returns:
        float32 [H, W, 3], not clipped; each pixel depends on those at most 4 `radius` away.
    """
    side = 2 * _CUT * radius + 1
    difference = cv2.GaussianBlur(image - restored, (side, side), radius, borderType=cv2.BORDER_REFLECT)
    return restored + difference - luma_float(difference)[..., None]


def post_process(image: Levels, restored: Levels, guided: int, colour: int) -> Levels:
    """Applies what is asked for, band by band, so that a large image costs the memory of a band.

    Args:
        image: The input, uint8 or uint16 [H, W, 3].
        restored: Of the same shape and depth.
        guided: Radius of `guided_filter`, with the restored luma as guide; 0 for none.
        colour: Radius of `transfer_colour`, which comes after it; 0 for none.

    Returns:
        [H, W, 3] of the same depth.
    """
    if not guided and not colour:
        return restored

    def steps(before: ImageF32, after: ImageF32) -> ImageF32:
        if guided:
            after = guided_filter(luma_float(after), after, guided)
        return transfer_colour(before, after, colour) if colour else after

    return _in_bands(steps, image, restored, 2 * guided + _CUT * colour)


def _in_bands(
    steps: Callable[[ImageF32, ImageF32], ImageF32],
    image: Levels,
    restored: Levels,
    reach: int,
) -> Levels:
    """Applies to bands of rows, each with the rows around it that it depends on, what reaches so many pixels far."""
    height, most = len(image), np.float32(np.iinfo(image.dtype).max)
    result = np.empty_like(restored)
    for top in range(0, height, _BAND):
        first, bottom = max(0, top - reach), min(height, top + _BAND)
        seen = slice(first, min(height, bottom + reach))
        floats = steps(image[seen].astype(np.float32) / most, restored[seen].astype(np.float32) / most)
        done = floats[top - first : bottom - first]
        result[top:bottom] = np.rint(np.clip(done, 0.0, 1.0) * most).astype(image.dtype)
    return result
