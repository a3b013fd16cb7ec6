"""Restores an image of any size in bounded memory: in overlapping tiles that fade into each other, without seams.

`model_code.saved_model.tiling` defines how an image is cut; `model_code.saved_model.graph_tiling` does the same inside a
SavedModel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from data.image.arrays import ImageF32, ImageU8
from model_code.saved_model.tiling import Tiling

Levels = TypeVar("Levels", ImageU8, NDArray[np.uint16], NDArray[np.uint8 | np.uint16])
Weights = NDArray[np.float32]


def restore_tiled(restore: Callable[[ImageF32], ImageF32], image: Levels, tiling: Tiling | None = None) -> Levels:
    """Restores a small image whole and a large one in tiles.

    Args:
        restore: Restores one image, float32 [H, W, 3] in [0, 1] to the same shape.
        image: uint8 or uint16 [H, W, 3].
        tiling: Sizes of the tiles; None for the default.

    Returns:
        [H, W, 3] of the image's depth, clipped and rounded.

    Example:
        >>> import numpy as np
        >>> image = np.full((48, 64, 3), 100, np.uint8)
        >>> darkened = restore_tiled(lambda part: 0.5 * part, image)
        >>> darkened.shape, int(darkened.max())
        ((48, 64, 3), 50)
    """
    tiling = tiling or Tiling()
    height, width = image.shape[:2]
    if max(height, width) <= tiling.largest:
        return _to_levels(restore(_to_unit(image)), image)
    restored = np.empty_like(image)
    carried = np.zeros((0, width, 3), np.float32)  # what the tiles above have already added to this band's first rows
    for top, bottom in _spans(height, tiling.tile):
        first, last = max(0, top - tiling.fade), min(height, bottom + tiling.fade)
        band = np.zeros((last - first, width, 3), np.float32)
        band[: len(carried)] = carried
        for columns in _spans(width, tiling.tile):
            _add_tile(restore, image, band, (top, bottom), columns, tiling)
        complete = height if bottom == height else bottom - tiling.fade
        restored[first:complete] = _to_levels(band[: complete - first], image)
        carried = band[complete - first :].copy()  # a view would keep the whole band in memory
    return restored


def _add_tile(
    restore: Callable[[ImageF32], ImageF32],
    image: Levels,
    band: ImageF32,
    rows: tuple[int, int],
    columns: tuple[int, int],
    tiling: Tiling,
) -> None:
    """Restores a tile and adds it, faded out at its inner borders, to the band of its rows."""
    seen, used, weights = zip(
        *(_cut(span, length, tiling) for span, length in zip((rows, columns), image.shape[:2], strict=True)),
        strict=True,
    )
    part = restore(_to_unit(image[seen]))
    inner = part[tuple(slice(u.start - s.start, u.stop - s.start) for u, s in zip(used, seen, strict=True))]
    band[:, used[1]] += inner * weights[0][:, None, None] * weights[1][None, :, None]


def _cut(span: tuple[int, int], length: int, tiling: Tiling) -> tuple[slice, slice, Weights]:
    """Cuts a tile along one side of the image.

    Returns:
        The pixels that the network sees, those of its result that are used, and the weight of each of the latter.
    """
    start, stop = span
    seen = slice(max(0, start - tiling.margin), min(length, stop + tiling.margin))
    used = slice(max(0, start - tiling.fade), min(length, stop + tiling.fade))
    centres = np.arange(used.start, used.stop, dtype=np.float32) + 0.5
    weight = np.ones(len(centres), np.float32)
    if start > 0:
        weight *= _raised_cosine(centres - start, tiling.fade)
    if stop < length:
        weight *= 1.0 - _raised_cosine(centres - stop, tiling.fade)
    return seen, used, weight


def _raised_cosine(distance: Weights, fade: int) -> Weights:
    """Returns a raised cosine that rises from 0 at `-fade` to 1 at `fade`; a step for a fade of 0."""
    if fade == 0:
        return (distance > 0).astype(np.float32)
    return (0.5 + 0.5 * np.sin(0.5 * np.pi * np.clip(distance / fade, -1.0, 1.0))).astype(np.float32)


def _spans(length: int, tile: int) -> Iterator[tuple[int, int]]:
    for start in range(0, length, tile):
        yield start, min(start + tile, length)


def _to_unit(image: Levels) -> ImageF32:
    return image.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)


def _to_levels(restored: ImageF32, image: Levels) -> Levels:
    """Returns a restored image at the depth of another one: clipped, and rounded half to even."""
    levels = np.clip(restored, 0.0, 1.0)
    levels *= np.float32(np.iinfo(image.dtype).max)
    return np.rint(levels, out=levels).astype(image.dtype)
