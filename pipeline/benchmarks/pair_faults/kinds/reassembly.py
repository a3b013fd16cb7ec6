"""Local faults of tools that take a picture apart: tiles, strips of a decoder, halves and quadrants put back wrongly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from data.image.arrays import ImageU8
from pipeline.benchmarks.pair_faults.kinds.codes import FLIPPED, LOCALLY_MISALIGNED, MISALIGNED, UNRELATED
from pipeline.benchmarks.pair_faults.kinds.registry import Canvas, fault
from pipeline.benchmarks.pair_faults.kinds.resampling import resize
from pipeline.benchmarks.support.pair_sets import Images

Part = tuple[slice, slice]

# Side of the smallest unit of a JPEG file with subsampled colours, pixels.
_UNIT = 16


def _tile(canvas: Canvas, side: float) -> Part:
    """Returns a tile of the grid of tiles of a side that the picture is taken apart into."""
    height, width = canvas.images[0].shape[:2]
    rows, columns = (max(1, length // int(side)) for length in (height, width))
    top, left = canvas.choose(rows) * int(side), canvas.choose(columns) * int(side)
    return slice(top, top + int(side)), slice(left, left + int(side))


def _replaced(canvas: Canvas, part: Part, content: ImageU8) -> Images:
    degraded, target = canvas.images
    changed = degraded.copy()
    changed[part] = content
    return changed, target


def _band(canvas: Canvas, rows: float) -> tuple[int, int]:
    """Returns the first row of a band of whole units, below the first rows of the picture, and the rows of the band."""
    height, band = canvas.images[0].shape[0], int(rows)
    return band + _UNIT * canvas.choose(max(1, (height - 2 * band) // _UNIT + 1)), band


@fault("strip of rows repeated", "px high", (32, 64), LOCALLY_MISALIGNED, graded=(16,), displacement=lambda size: size)
def repeated_rows(canvas: Canvas, size: float) -> Images:
    """A strip of rows is written twice and hides the one after it, as where a decoder conceals lost rows by those before."""
    top, band = _band(canvas, size)
    return _replaced(canvas, np.s_[top : top + band, :], canvas.images[0][top - band : top])


@fault("strip of rows slipped", "px high", (32, 64), LOCALLY_MISALIGNED, graded=(16,))
def slipped_rows(canvas: Canvas, size: float) -> Images:
    """Rows between two restart markers of a JPEG file lie one to four units of 16 pixels to a side, because some were lost."""
    top, band = _band(canvas, size)
    by = _UNIT * (1 + canvas.choose(4)) * canvas.sign()
    return _replaced(canvas, np.s_[top : top + band, :], np.roll(canvas.images[0][top : top + band], by, axis=1))


@fault("one half mirrored", "", (1,), LOCALLY_MISALIGNED, FLIPPED)
def mirrored_half(canvas: Canvas, _: float) -> Images:
    """The right half of the input is mirrored, as where only one of two joined parts was turned back after an augmentation."""
    middle = canvas.images[0].shape[1] // 2
    return _replaced(canvas, np.s_[:, middle:], canvas.images[0][:, middle:][:, ::-1])


@fault("quadrants exchanged", "quadrants", (2, 4), LOCALLY_MISALIGNED, MISALIGNED, UNRELATED)
def quadrants(canvas: Canvas, size: float) -> Images:
    """Quadrants of the input lie across the centre, two or all four, as after a Fourier shift that was not undone."""
    degraded, target = canvas.images
    height, width = (length // 2 for length in degraded.shape[:2])
    changed = degraded.copy()
    changed[:height, :width] = degraded[-height:, -width:]
    changed[-height:, -width:] = degraded[:height, :width]
    if size == 4:
        changed[:height, -width:] = degraded[-height:, :width]
        changed[-height:, :width] = degraded[:height, -width:]
    return changed, target


@fault("tile of another picture", "px a side", (96, 128), LOCALLY_MISALIGNED, graded=(64,))
def foreign_tile(canvas: Canvas, size: float) -> Images:
    """One tile is that of another picture of the batch, as where tiles are put back in the order in which they were done."""
    part = _tile(canvas, size)
    height, width = canvas.images[0].shape[:2]
    other = canvas.other()[0]
    other = other if other.shape == canvas.images[0].shape else resize(other, height, width)
    return _replaced(canvas, part, other[part])


def _turned(name: str, sentence: str, turn: Callable[[ImageU8], ImageU8]) -> None:
    """Registers a turn of one tile."""

    def draw(canvas: Canvas, size: float) -> Images:
        part = _tile(canvas, size)
        return _replaced(canvas, part, turn(canvas.images[0][part]))

    draw.__doc__ = sentence
    fault(name, "px a side", (96, 128), LOCALLY_MISALIGNED, graded=(64,))(draw)


_turned(
    "tile turned",
    "One tile is turned by 90 degrees, as where one turn of an augmentation by tiles was not undone.",
    np.rot90,
)
_turned(
    "tile mirrored",
    "One tile is mirrored, as where one flip of an augmentation by tiles was not undone.",
    lambda tile: tile[:, ::-1],
)


@fault("tiles one place late", "px a side", (96,), LOCALLY_MISALIGNED, graded=(64,))
def late_tiles(canvas: Canvas, size: float) -> Images:
    """Four tiles of a row each lie where the next belongs, as where one result of a queue came twice and one not at all."""
    degraded, target = canvas.images
    side = int(size)
    changed = degraded.copy()
    rows, columns = (max(1, length // side) for length in degraded.shape[:2])
    top = side * canvas.choose(rows)
    first = 1 + canvas.choose(max(1, columns - 4))
    for column in range(first, min(first + 4, columns)):
        place, before = (slice(side * each, side * (each + 1)) for each in (column, column - 1))
        changed[top : top + side, place] = degraded[top : top + side, before]
    return changed, target
