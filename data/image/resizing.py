"""Images made smaller, or cut into overlapping tiles."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from data.image.arrays import ImageU8

TILE_STEP = 0.5
"""Step between tiles as a share of their side, as is usual for training sets of large images: each pixel is in about four."""


def shrink(image: ImageU8, longest_side: int, least_side: int = 1) -> ImageU8:
    """Shrinks an image to a longest side; each new pixel is the mean of the area that it covers.

    Args:
        image: uint8, RGB [H, W, 3] or one plane [H, W].
        longest_side: Bound on height and width in pixels; a smaller image is returned as it is.
        least_side: Pixels that the shorter side keeps, however elongated the image is.

    Returns:
        uint8, of the same proportions but for rounding and `least_side`.
    """
    height, width = image.shape[:2]
    scale = longest_side / max(height, width)
    if scale >= 1:
        return image
    size = (max(least_side, round(width * scale)), max(least_side, round(height * scale)))
    return cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)


def tile_corners(size: tuple[int, int], tile: int) -> Iterator[tuple[int, int]]:
    """Yields the (top, left) corners of overlapping tiles that cover an image, the last ones flush with its border.

    Args:
        size: (height, width) in pixels; a side that is shorter than the tile is not cut.
        tile: Side of a tile in pixels.

    Yields:
        (top, left) in pixels, row by row.
    """
    rows, columns = (_starts(length, tile) for length in size)
    for top in rows:
        for left in columns:
            yield top, left


def cut_tile(image: ImageU8, corner: tuple[int, int], tile: int) -> ImageU8:
    """Cuts one tile out of an image.

    Args:
        image: uint8 RGB [H, W, 3].
        corner: (top, left) in pixels, from `tile_corners`.
        tile: Side of the tile in pixels.

    Returns:
        A copy, at most [tile, tile, 3].
    """
    top, left = corner
    return np.ascontiguousarray(image[top : top + tile, left : left + tile])


def _starts(length: int, tile: int) -> list[int]:
    last = max(0, length - tile)
    step = max(1, round(tile * TILE_STEP))
    return sorted({*range(0, last, step), last})
