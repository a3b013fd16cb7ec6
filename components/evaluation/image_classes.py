"""Classes of an image that are computed from its pixels: orientation with size, and brightness."""

from __future__ import annotations

import numpy as np

from data.image.arrays import ImageU8
from data.image.luma import luma_studio_range

SIZE_CLASS = "size_class"
BRIGHTNESS_CLASS = "brightness_class"
CLASSES = (SIZE_CLASS, BRIGHTNESS_CLASS)

# A quarter of a megapixel is 500x500; one megapixel is half of a full-HD frame.
SMALL_PIXELS, LARGE_PIXELS = 250_000, 1_000_000
# Thirds of the range of studio luma, 16 to 235.
DARK_BELOW, BRIGHT_FROM = 89.0, 162.0


def size_class(height: int, width: int) -> str:
    """Returns orientation and size, such as "landscape, small".

    Args:
        height: Rows.
        width: Columns.

    Returns:
        "landscape", "portrait" or "square", and "small" (below 0.25 megapixels), "medium" (below 1) or "large".
    """
    orientation = "landscape" if width > height else "portrait" if height > width else "square"
    pixels = height * width
    size = "small" if pixels < SMALL_PIXELS else "medium" if pixels < LARGE_PIXELS else "large"
    return f"{orientation}, {size}"


def brightness_class(image: ImageU8) -> str:
    """Returns the brightness of an image by the mean of its BT.601 luma.

    Args:
        image: The clean image, uint8 RGB [H, W, 3]; the degraded one would give the brightness of the degradation.

    Returns:
        "dark", "middle" or "bright", one for each third of the range of luma.
    """
    mean = float(np.mean(luma_studio_range(image)))
    return "dark" if mean < DARK_BELOW else "bright" if mean >= BRIGHT_FROM else "middle"
