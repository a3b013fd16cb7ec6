"""Local misalignment: a part of the input lies off its place while the rest is right."""

from __future__ import annotations

import numpy as np

from data.image.arrays import ImageU8, PlaneF32
from pipeline.benchmarks.pair_faults.kinds.codes import LOCALLY_MISALIGNED, MISALIGNED, STRETCHED
from pipeline.benchmarks.pair_faults.kinds.registry import Canvas, fault
from pipeline.benchmarks.pair_faults.kinds.resampling import cut, grid, remap, warp
from pipeline.benchmarks.support.pair_sets import Images


def _same(size: float) -> float:
    return size


def _shifted_where(canvas: Canvas, inside: PlaneF32, down: float, right: float) -> Images:
    """Shifts the content of a region, whose weight is 1, and leaves the rest; the region reads the picture itself."""
    degraded, target = canvas.images
    rows, columns = grid(degraded)
    height, width = degraded.shape[:2]
    map_y = (rows + np.float32((height - 1) / 2) - np.float32(down) * inside).astype(np.float32)
    map_x = (columns + np.float32((width - 1) / 2) - np.float32(right) * inside).astype(np.float32)
    moved = remap(degraded, map_y, map_x)
    reach = int(max(abs(down), abs(right))) + 4
    part = slice(reach, height - reach), slice(reach, width - reach)
    return cut((moved, target), part)


def _direction(canvas: Canvas, size: float) -> tuple[float, float]:
    return ((size * canvas.sign(), 0.0), (0.0, size * canvas.sign()))[canvas.choose(2)]


@fault("left half shifted", "px", (3, 8, 16), LOCALLY_MISALIGNED, displacement=_same)
def left_half(canvas: Canvas, size: float) -> Images:
    """The left half of the input lies off its place, as by a panorama's seam."""
    _, columns = grid(canvas.images[0])
    return _shifted_where(canvas, (columns < 0).astype(np.float32), *_direction(canvas, size))


@fault("torn frame", "px", (3, 8, 16), LOCALLY_MISALIGNED, displacement=_same)
def torn(canvas: Canvas, size: float) -> Images:
    """The rows below a line lie to one side, as in a torn video frame; the line lies in the middle half of the picture."""
    rows, _ = grid(canvas.images[0])
    line = np.float32(canvas.draw(-0.5, 0.5)) * rows.max()
    return _shifted_where(canvas, (rows > line).astype(np.float32), 0.0, size * canvas.sign())


def _block(canvas: Canvas, side: int) -> PlaneF32:
    """Returns the weight of a block of a side at a random place, at least 24 pixels from the border."""
    height, width = canvas.images[0].shape[:2]
    inside = np.zeros((height, width), np.float32)
    top = 24 + canvas.choose(max(1, height - side - 48))
    left = 24 + canvas.choose(max(1, width - side - 48))
    inside[top : top + side, left : left + side] = 1
    return inside


@fault("block of 128 px shifted", "px", (3, 8, 16), LOCALLY_MISALIGNED, displacement=_same)
def block_128(canvas: Canvas, size: float) -> Images:
    """A block of 128 x 128 pixels of the input lies off its place."""
    return _shifted_where(canvas, _block(canvas, 128), *_direction(canvas, size))


@fault("block of 64 px shifted", "px", (8, 16), LOCALLY_MISALIGNED, graded=(3,), displacement=_same)
def block_64(canvas: Canvas, size: float) -> Images:
    """A block of 64 x 64 pixels of the input lies off its place."""
    return _shifted_where(canvas, _block(canvas, 64), *_direction(canvas, size))


@fault("parallax ramp", "px", (6, 12, 24), LOCALLY_MISALIGNED, STRETCHED, MISALIGNED, displacement=_same)
def ramp(canvas: Canvas, size: float) -> Images:
    """The camera moved sideways over level ground: the displacement grows evenly from the top row, 0, to the bottom row."""
    sign = canvas.sign()

    def field(rows: PlaneF32, columns: PlaneF32) -> tuple[PlaneF32, PlaneF32]:
        share = (rows - rows.min()) / (rows.max() - rows.min())
        return np.zeros_like(columns), (np.float32(sign * size) * share).astype(np.float32)

    return warp(canvas.images, field)


@fault("parallax ramp across", "px", (6, 12, 24), LOCALLY_MISALIGNED, STRETCHED, MISALIGNED, displacement=_same)
def ramp_across(canvas: Canvas, size: float) -> Images:
    """A wall seen at an angle: the displacement grows evenly from one side, 0, to the other."""
    sign = canvas.sign()

    def field(rows: PlaneF32, columns: PlaneF32) -> tuple[PlaneF32, PlaneF32]:
        share = (columns - columns.min()) / (columns.max() - columns.min())
        return np.zeros_like(rows), (np.float32(sign * size) * share).astype(np.float32)

    return warp(canvas.images, field)


@fault("near object displaced", "px", (4, 8), LOCALLY_MISALIGNED, displacement=_same)
def near_object(canvas: Canvas, size: float) -> Images:
    """A near object, a soft-edged disk of a fifth of the picture, moved against its background."""
    rows, columns = grid(canvas.images[0])
    radius = np.float32(0.252 * (rows.shape[0] * rows.shape[1]) ** 0.5)
    y, x = (np.float32(canvas.draw(-0.4, 0.4)) * axis.max() for axis in (rows, columns))
    distance = np.hypot(rows - y, columns - x)
    inside = np.clip((radius + 6 - distance) / 12, 0, 1).astype(np.float32)
    return _shifted_where(canvas, inside, *_direction(canvas, size))


@fault("interlaced", "px", (2, 4, 8), LOCALLY_MISALIGNED, MISALIGNED, displacement=_same)
def interlaced(canvas: Canvas, size: float) -> Images:
    """Every second row lies to one side, as in a frame of two interlaced fields of a moving scene."""
    degraded, target = canvas.images
    step = int(size)
    woven = degraded.copy()
    woven[1::2] = np.roll(degraded[1::2], step * canvas.sign(), axis=1)
    return cut((woven, target), (slice(None), slice(step, degraded.shape[1] - step)))


@fault("tiles exchanged", "pairs of tiles", (1, 3), LOCALLY_MISALIGNED)
def tiles(canvas: Canvas, size: float) -> Images:
    """Pairs of 96 x 96 tiles of the input changed places, as by a faulty reassembly of tiles."""
    degraded, target = canvas.images
    moved: ImageU8 = degraded.copy()
    height, width = degraded.shape[:2]
    corners = [(top, left) for top in range(0, height - 95, 96) for left in range(0, width - 95, 96)]
    order = np.argsort(canvas.rng.random(len(corners)), kind="stable")
    for one, two in order[: 2 * min(int(size), len(corners) // 2)].reshape(-1, 2):
        first, second = (
            (slice(corners[index][0], corners[index][0] + 96), slice(corners[index][1], corners[index][1] + 96))
            for index in (one, two)
        )
        moved[first], moved[second] = degraded[second], degraded[first]
    return moved, target
