"""Difference maps, and the regions that the run report enlarges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.image.arrays import ImageU8

DIFFERENCE_FULL_SCALE = 48
"""8-bit levels (mean over R, G and B) that get the brightest colour of a difference map: what a heavy streak adds."""

# Bounds of the side of an enlarged region in pixels, and how many regions fit into the shorter side of the image: enlarged
# twice or more, it still shows what it is part of.
REGION_LEAST, REGION_MOST, _REGIONS_ACROSS = 40, 80, 7

# Colours of a difference map from no error to full scale; their lightness ascends, so that they read without hue.
_MAP_COLOURS = ((8, 12, 20), (38, 44, 92), (116, 44, 122), (204, 66, 94), (248, 142, 70), (252, 236, 168))


def difference_map(image: ImageU8, target: ImageU8) -> ImageU8:
    """Draws the error of an image pixel by pixel.

    Args:
        image: uint8 RGB [H, W, 3].
        target: uint8 RGB [H, W, 3].

    Returns:
        uint8 RGB [H, W, 3]: the mean absolute difference over R, G and B, from dark (0 levels) to bright
        (`DIFFERENCE_FULL_SCALE` levels and more), on the same scale in every map.
    """
    levels = np.abs(image.astype(np.float32) - target.astype(np.float32)).mean(axis=2)
    return _palette()[(np.minimum(levels / DIFFERENCE_FULL_SCALE, 1.0) * 255).astype(np.uint8)]


def _palette() -> ImageU8:
    """Returns the 256 colours of a difference map, [256, 3]."""
    stops = np.linspace(0, 255, len(_MAP_COLOURS))
    channels = [np.interp(np.arange(256), stops, channel) for channel in zip(*_MAP_COLOURS, strict=True)]
    return np.stack(channels, axis=1).round().astype(np.uint8)


def palette_css(stops: int = 9) -> str:
    """Returns the colours of a difference map as a CSS gradient for the legend."""
    colours = _palette()[np.linspace(0, 255, stops).round().astype(int)]
    return "linear-gradient(90deg, " + ", ".join(f"rgb({red} {green} {blue})" for red, green, blue in colours) + ")"


@dataclass(frozen=True)
class Region:
    """A part of an image, in pixels."""

    left: int
    top: int
    width: int
    height: int

    def of(self, image: ImageU8) -> ImageU8:
        """Returns the part of an image, uint8 RGB [height, width, 3]."""
        return image[self.top : self.top + self.height, self.left : self.left + self.width]

    def is_near(self, other: Region) -> bool:
        """Returns whether two regions of one size overlap by half their side or more in both directions."""
        return abs(self.left - other.left) * 2 <= self.width and abs(self.top - other.top) * 2 <= self.height


def worst_region(image: ImageU8, target: ImageU8) -> Region:
    """Returns the square with the largest error of an image; its side is a seventh of the image's shorter side.

    Args:
        image: uint8 RGB [H, W, 3].
        target: uint8 RGB [H, W, 3].

    Returns:
        The square (narrower only where the image is) with the largest sum of absolute differences; of several, the first from
        the top left.
    """
    height, width = image.shape[:2]
    side = min(max(min(height, width) // _REGIONS_ACROSS, REGION_LEAST), REGION_MOST)
    tall, wide = min(side, height), min(side, width)
    # Sums of integers are exact, so that every machine finds the same region.
    errors = np.abs(image.astype(np.int64) - target).sum(axis=2)
    table = np.pad(errors.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    sums = table[tall:, wide:] - table[:-tall, wide:] - table[tall:, :-wide] + table[:-tall, :-wide]
    top, left = np.unravel_index(int(sums.argmax()), sums.shape)
    return Region(int(left), int(top), wide, tall)
