"""Bounds the work of an image: the network computes whole windows and tiles, which for a narrow image are far more pixels."""

from __future__ import annotations

import math

from data.errors import InputError
from data.image.arrays import ImageU8
from model_code.saved_model.tiling import Tiling

# A square photograph in the smallest tiles is computed 9 times, in the default ones up to 3 times.
_PER_PIXEL = 16
# Photographs of other proportions than a square have more margins.
_OF_LARGEST = 1.5


def require_bounded_work(image: ImageU8, name: str, tiling: Tiling, max_pixels: int) -> None:
    """Refuses an image whose work its pixels do not bound. One tile is always allowed.

    Args:
        image: uint8 [H, W, 3].
        name: The image's name in the message.
        tiling: The model's tiles.
        max_pixels: Maximum pixels of an image; none may cost much more than a square one of so many.

    Raises:
        InputError: The image would take too much work.
    """
    height, width = image.shape[:2]
    side = math.ceil(math.sqrt(max_pixels))
    most = min(_PER_PIXEL * height * width, int(_OF_LARGEST * tiling.computed_pixels(side, side)))
    computed = tiling.computed_pixels(height, width)
    if computed > max(most, tiling.largest**2):
        raise InputError(
            f"{name}: {width} x {height} pixels are restored as tiles of {computed:,} pixels in all, which is too much work; "
            "send a less narrow image"
        )
