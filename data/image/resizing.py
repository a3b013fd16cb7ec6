"""Pairs made smaller or cut into tiles before they are stored, both images alike."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from data.image.files import Pixels

TILE_STEP = 0.5
"""Step between tiles as a share of their side, as is usual for training sets of large images: each pixel is in about four."""


def shrunk(pixels: Pixels, max_side: int) -> Pixels:
    """Shrinks an image to a longest side, by the mean of the area that each new pixel covers.

    Args:
        pixels: uint8 RGB [H, W, 3].
        max_side: Pixels; a smaller image stays as it is.
    """
    height, width = pixels.shape[:2]
    scale = max_side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def tile_corners(size: tuple[int, int], tile: int) -> Iterator[tuple[int, int]]:
    """Yields the (top, left) corners of overlapping tiles that cover an image, the last ones flush with its border.

    Args:
        size: (height, width); a side that is shorter than the tile is not cut.
        tile: Side of a tile in pixels.
    """
    rows, columns = (_starts(length, tile) for length in size)
    for top in rows:
        for left in columns:
            yield top, left


def tile_at(pixels: Pixels, corner: tuple[int, int], tile: int) -> Pixels:
    """Cuts one tile, [at most tile, at most tile, 3]."""
    top, left = corner
    return np.ascontiguousarray(pixels[top : top + tile, left : left + tile])


def _starts(length: int, tile: int) -> list[int]:
    last = max(0, length - tile)
    step = max(1, round(tile * TILE_STEP))
    return sorted({*range(0, last, step), last})
