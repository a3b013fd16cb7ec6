"""Restoring an image of any size in bounded memory: tile by tile, each with what surrounds it, and without seams.

Each tile is restored with a margin that is cut off, and a little of the margin is kept to fade from one tile to the next by
a raised cosine. The fades of two neighbours add up to one, so that no sum of weights is divided by.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Image = NDArray[np.uint8]

ALIGNMENT = 128
"""Sides of tiles and margins are multiples of this many pixels, so that the network's windows lie on the same grid in every
tile as in the whole image."""

DEFAULT_MEMORY = 2048
"""MiB that restoring a tile may take, beside the network's weights and the image itself."""

# Bytes that a restoration takes for each pixel that the network sees, as measured by `ast-restore bench model --size ...` at
# widths of 8, 16 and 32: the peak of 64 pixels a side taken off that of 512 to 1,024.
_PIXEL_BYTES = 1200
_PIXEL_BYTES_PER_WIDTH = 120


@dataclass(frozen=True, slots=True)
class Tiling:
    """How an image is cut.

    Attributes:
        tile: Side of a tile's own part in pixels.
        margin: Pixels around it that the network sees as well.
        fade: Pixels on each side of a border between tiles over which one fades into the other; less than the margin.
    """

    tile: int = 768
    margin: int = ALIGNMENT
    fade: int = 32

    def __post_init__(self) -> None:
        """Refuses a fade for which there would be no pixels."""
        if not 0 <= self.fade < max(self.margin, 1) or 2 * self.fade > self.tile:
            raise ValueError(
                f"a fade of {self.fade} pixels needs a wider margin than {self.margin} and a tile of twice as much"
            )

    @property
    def largest(self) -> int:
        """The largest side, in pixels, of what the network sees at once."""
        return self.tile + 2 * self.margin


def tiling_for(memory: float, width: int) -> Tiling:
    """Returns the largest tiles that fit a budget; the smallest there are where none does.

    Args:
        memory: MiB that restoring a tile may take.
        width: Width of the network at full resolution (`embed_dim`).
    """
    pixels = memory * 2**20 / (_PIXEL_BYTES + _PIXEL_BYTES_PER_WIDTH * width)
    side = math.isqrt(int(pixels)) - 2 * ALIGNMENT
    return Tiling(tile=max(ALIGNMENT, side // ALIGNMENT * ALIGNMENT))


def restore_tiled(restore: Callable[[Pixels], Pixels], image: Image, tiling: Tiling | None = None) -> Image:
    """Restores an image whole where it is small, and in tiles where it is not.

    Args:
        restore: Restores one image, float32 [H, W, 3] in [0, 1] to the same shape.
        image: uint8 [H, W, 3].
        tiling: How to cut it; its default where none is given.

    Returns:
        uint8 [H, W, 3], clipped and rounded.
    """
    tiling = tiling or Tiling()
    height, width = image.shape[:2]
    if max(height, width) <= tiling.largest:
        return _written(restore(_unit(image)))
    restored = np.empty_like(image)
    carried = np.zeros((0, width, 3), np.float32)  # what the tiles above have already put into this band's first rows
    for top, bottom in _spans(height, tiling.tile):
        first, end = max(0, top - tiling.fade), min(height, bottom + tiling.fade)
        band = np.zeros((end - first, width, 3), np.float32)
        band[: len(carried)] = carried
        for left, right in _spans(width, tiling.tile):
            _add_tile(restore, image, band, (top, bottom), (left, right), tiling)
        done = height if bottom == height else bottom - tiling.fade
        restored[first:done] = _written(band[: done - first])
        carried = band[done - first :]
    return restored


def _add_tile(
    restore: Callable[[Pixels], Pixels],
    image: Image,
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


def _unit(image: Image) -> Pixels:
    return image.astype(np.float32) / np.float32(255.0)


def _written(restored: Pixels) -> Image:
    """Returns levels as they are written: clipped, and rounded half to even."""
    return np.rint(np.clip(restored, 0.0, 1.0) * np.float32(255.0)).astype(np.uint8)
