"""The forms of a decoded image that several measurements share; each is made once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from data.image.arrays import ImageU8, PlaneU8
from data.image.luma import halved, luma_full_range


@dataclass(frozen=True, slots=True)
class Planes:
    """An image and its BT.601 luma in full range, at several sizes.

    Attributes:
        pixels: The image, uint8 RGB [H, W, 3].
        full: Luma, uint8 [H, W].
        turned: `full` with rows and columns exchanged, uint8 [W, H].
        half: Means of 2x2 pixels of `full`, uint8 [H // 2, W // 2], at least 1 x 1.
        quarter: Means of 2x2 pixels of `half`, likewise.
        quarter_pixels: Means of 4x4 pixels of the image, uint8 RGB, of the size of `quarter`.
    """

    pixels: ImageU8
    full: PlaneU8
    turned: PlaneU8
    half: PlaneU8
    quarter: PlaneU8
    quarter_pixels: ImageU8

    def small(self, side: int) -> PlaneU8:
        """Returns the luma resized to a square.

        Args:
            side: Side of the square in pixels.

        Returns:
            uint8 [side, side], means of the areas.
        """
        # From the smallest size that has the pixels: sides of any length are averaged pixel by pixel, which takes long.
        sizes = (each for each in (self.quarter, self.half) if min(each.shape) >= side)
        return cv2.resize(next(sizes, self.full), (side, side), interpolation=cv2.INTER_AREA)

    def small_pixels(self, side: int) -> ImageU8:
        """Returns the image resized to a square, uint8 RGB [side, side, 3], likewise.

        Args:
            side: Side of the square in pixels.
        """
        source = self.quarter_pixels if min(self.quarter.shape) >= side else self.pixels
        return cv2.resize(source, (side, side), interpolation=cv2.INTER_AREA)


def planes_of(image: ImageU8) -> Planes:
    """Returns an image in all forms.

    Args:
        image: uint8 RGB [H, W, 3].
    """
    full = luma_full_range(image)
    half = halved(full)
    return Planes(image, full, cv2.transpose(full), half, halved(half), halved(halved(image)))
