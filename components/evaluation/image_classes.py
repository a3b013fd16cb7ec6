"""The kinds of image that no record names: orientation and size, and brightness."""

from __future__ import annotations

import numpy as np

from data.image.arrays import ImageU8
from data.image.luma import luma_studio_range

SIZE_CLASS = "size_class"
BRIGHTNESS_CLASS = "brightness_class"
CLASSES = (SIZE_CLASS, BRIGHTNESS_CLASS)

# A quarter of a megapixel is about 500x500, one about a full-HD frame's half.
SMALL_PIXELS, LARGE_PIXELS = 250_000, 1_000_000
# Thirds of luma's range from 16 to 235.
DARK_BELOW, BRIGHT_FROM = 89.0, 162.0


def size_class(height: int, width: int) -> str:
    """Returns e.g. "landscape, small": which side is longer, and under 0.25, under 1, or at least 1 megapixel."""
    orientation = "landscape" if width > height else "portrait" if height > width else "square"
    pixels = height * width
    size = "small" if pixels < SMALL_PIXELS else "medium" if pixels < LARGE_PIXELS else "large"
    return f"{orientation}, {size}"


def brightness_class(image: ImageU8) -> str:
    """Returns "dark", "middle" or "bright": the third of BT.601 luma's range that the mean of a clean image lies in.

    Args:
        image: The clean image, so that the class is that of the scene and not of what degrades it; uint8 RGB [H, W, 3].
    """
    mean = float(np.mean(luma_studio_range(image)))
    return "dark" if mean < DARK_BELOW else "bright" if mean >= BRIGHT_FROM else "middle"
