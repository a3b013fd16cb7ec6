"""Restoring an image of any size in bounded memory: tile by tile, each with a margin of what surrounds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]

TILE = 768
"""Side of a tile's kept part in pixels. A multiple of 128, so that the network's windows lie on the same grid in every tile as
in the whole image."""

MARGIN = 128
"""Pixels around the kept part that the network sees and that are then cut off: what lies further away hardly reaches it."""


def restore_tiled(restore: Callable[[Pixels], Pixels], image: Pixels, tile: int = TILE, margin: int = MARGIN) -> Pixels:
    """Restores an image whole where it is small, and in tiles where it is not.

    Args:
        restore: Restores one image, float32 [H, W, 3] to the same shape.
        image: float32 [H, W, 3] in [0, 1].
        tile: Side of a tile in pixels.
        margin: Pixels around each tile that are restored with it and cut off.

    Returns:
        float32 [H, W, 3], not clipped.
    """
    height, width = image.shape[:2]
    if max(height, width) <= tile + 2 * margin:
        return restore(image)
    restored = np.empty_like(image)
    for top, bottom in _spans(height, tile):
        for left, right in _spans(width, tile):
            seen_top, seen_left = max(0, top - margin), max(0, left - margin)
            seen = image[seen_top : bottom + margin, seen_left : right + margin]
            part = restore(seen)
            inner = part[top - seen_top : bottom - seen_top, left - seen_left : right - seen_left]
            restored[top:bottom, left:right] = inner
    return restored


def _spans(length: int, tile: int) -> Iterator[tuple[int, int]]:
    for start in range(0, length, tile):
        yield start, min(start + tile, length)
