"""Restoring an image of any size in bounded memory: tile by tile, each with what surrounds it, and without seams.

How an image is cut is said in `model_code.saved_model.tiling`; `model_code.saved_model.graph_tiling` does the same inside a
SavedModel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from model_code.saved_model.tiling import ALIGNMENT, DEFAULT_MEMORY, Tiling, tiling_for

__all__ = ["ALIGNMENT", "DEFAULT_MEMORY", "Tiling", "restore_tiled", "tiling_for"]

Pixels = NDArray[np.float32]
Levels = TypeVar("Levels", NDArray[np.uint8], NDArray[np.uint16])


def restore_tiled(restore: Callable[[Pixels], Pixels], image: Levels, tiling: Tiling | None = None) -> Levels:
    """Restores an image whole where it is small, and in tiles where it is not.

    Args:
        restore: Restores one image, float32 [H, W, 3] in [0, 1] to the same shape.
        image: uint8 or uint16 [H, W, 3].
        tiling: How to cut it; its default where none is given.

    Returns:
        [H, W, 3] of the image's depth, clipped and rounded.
    """
    tiling = tiling or Tiling()
    height, width = image.shape[:2]
    if max(height, width) <= tiling.largest:
        return _written(restore(_unit(image)), image)
    restored = np.empty_like(image)
    carried = np.zeros((0, width, 3), np.float32)  # what the tiles above have already put into this band's first rows
    for top, bottom in _spans(height, tiling.tile):
        first, end = max(0, top - tiling.fade), min(height, bottom + tiling.fade)
        band = np.zeros((end - first, width, 3), np.float32)
        band[: len(carried)] = carried
        for left, right in _spans(width, tiling.tile):
            _add_tile(restore, image, band, (top, bottom), (left, right), tiling)
        done = height if bottom == height else bottom - tiling.fade
        restored[first:done] = _written(band[: done - first], image)
        carried = band[done - first :].copy()  # or it would keep the whole band
    return restored


def _add_tile(
    restore: Callable[[Pixels], Pixels],
    image: Levels,
    band: Pixels,
    rows: tuple[int, int],
    columns: tuple[int, int],
    tiling: Tiling,
) -> None:
    """Restores a tile and adds it, faded out at its inner borders, to its place in the band of its rows."""
    seen, kept, weights = zip(
        *(_cut(span, length, tiling) for span, length in zip((rows, columns), image.shape[:2], strict=True)),
        strict=True,
    )
    part = restore(_unit(image[seen]))
    inner = part[tuple(slice(k.start - s.start, k.stop - s.start) for k, s in zip(kept, seen, strict=True))]
    band[:, kept[1]] += inner * weights[0][:, None, None] * weights[1][None, :, None]


def _cut(span: tuple[int, int], length: int, tiling: Tiling) -> tuple[slice, slice, Pixels]:
    """Returns, along one side of the image, what a tile sees, what is kept of it, and the weight of each kept pixel."""
    start, stop = span
    seen = slice(max(0, start - tiling.margin), min(length, stop + tiling.margin))
    kept = slice(max(0, start - tiling.fade), min(length, stop + tiling.fade))
    places = np.arange(kept.start, kept.stop, dtype=np.float32) + 0.5
    weight = np.ones(len(places), np.float32)
    if start > 0:
        weight *= _rise(places - start, tiling.fade)
    if stop < length:
        weight *= 1.0 - _rise(places - stop, tiling.fade)
    return seen, kept, weight


def _rise(place: Pixels, fade: int) -> Pixels:
    """Returns a raised cosine from 0 at `-fade` to 1 at `fade`; a step where there is no fade."""
    if fade == 0:
        return (place > 0).astype(np.float32)
    return (0.5 + 0.5 * np.sin(0.5 * np.pi * np.clip(place / fade, -1.0, 1.0))).astype(np.float32)


def _spans(length: int, tile: int) -> Iterator[tuple[int, int]]:
    for start in range(0, length, tile):
        yield start, min(start + tile, length)


def _unit(image: Levels) -> Pixels:
    return image.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)


def _written(restored: Pixels, image: Levels) -> Levels:
    """Returns levels as they are written at the depth of an image: clipped, and rounded half to even."""
    levels = np.clip(restored, 0.0, 1.0)
    levels *= np.float32(np.iinfo(image.dtype).max)
    return np.rint(levels, out=levels).astype(image.dtype)
