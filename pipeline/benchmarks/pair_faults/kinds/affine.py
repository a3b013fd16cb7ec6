"""Global misalignment: shift, turn, zoom, lost aspect, shear and their combinations, on the input."""

from __future__ import annotations

import math

import numpy as np

from data.image.arrays import PlaneF32
from pipeline.benchmarks.pair_faults.kinds.codes import MISALIGNED, SCALED, STRETCHED
from pipeline.benchmarks.pair_faults.kinds.registry import Canvas, fault
from pipeline.benchmarks.pair_faults.kinds.resampling import Field, resize, warp
from pipeline.benchmarks.support.pair_sets import Images


def linear(a: float, b: float, c: float, d: float, down: float = 0.0, right: float = 0.0) -> Field:
    """Returns the field of a linear map of the content about the centre.

    Args:
        a: Row of a point that lay one row below the centre.
        b: Row of a point that lay one column to the right of it.
        c: Column of the first point.
        d: Column of the second point.
        down: Shift of all content downwards, pixels.
        right: Shift to the right, pixels.
    """
    inverse = np.linalg.inv(np.array([[a, b], [c, d]], np.float64)).astype(np.float32)

    def field(rows: PlaneF32, columns: PlaneF32) -> tuple[PlaneF32, PlaneF32]:
        y, x = rows - np.float32(down), columns - np.float32(right)
        return rows - (inverse[0, 0] * y + inverse[0, 1] * x), columns - (inverse[1, 0] * y + inverse[1, 1] * x)

    return field


def similarity(degrees: float, zoom: float) -> Field:
    """Returns the field of a turn counter-clockwise and a zoom about the centre."""
    angle = math.radians(degrees)
    cos, sin = zoom * math.cos(angle), zoom * math.sin(angle)
    return linear(cos, -sin, sin, cos)


@fault("shift", "px", (1, 2, 4, 8, 16), MISALIGNED, displacement=lambda size: size)
def shift(canvas: Canvas, size: float) -> Images:
    """The input is shifted by a whole number of pixels along one axis, or along both by that number."""
    step = int(size)
    down, right = ((step, 0), (0, step), (step, step))[canvas.choose(3)]
    return moved(canvas.images, down * canvas.sign(), right * canvas.sign())


def moved(images: Images, down: int, right: int) -> Images:
    """Shifts the input by whole pixels and cuts both images to their overlap."""
    degraded, target = images
    height, width = target.shape[:2]
    top, left = max(0, down), max(0, right)
    bottom, end = height + min(0, down), width + min(0, right)
    overlap = degraded[top - down : bottom - down, left - right : end - right]
    return np.ascontiguousarray(overlap), np.ascontiguousarray(target[top:bottom, left:end])


@fault(
    "sub-pixel shift",
    "px on both axes",
    (0.5, 0.55, 0.7, 1.0),
    MISALIGNED,
    graded=(0.1, 0.2, 0.3, 0.4),
    displacement=lambda size: size * math.sqrt(2),
)
def sub_pixel_shift(canvas: Canvas, size: float) -> Images:
    """The input is shifted along both axes by a fraction of a pixel."""
    return warp(canvas.images, linear(1, 0, 0, 1, size * canvas.sign(), size * canvas.sign()))


@fault(
    "sub-pixel shift, one axis",
    "px",
    (0.6, 0.75, 1.0),
    MISALIGNED,
    graded=(0.2, 0.3, 0.4, 0.5),
    displacement=lambda size: size,
)
def sub_pixel_axis(canvas: Canvas, size: float) -> Images:
    """The input is shifted along one axis by a fraction of a pixel."""
    down, right = ((size, 0.0), (0.0, size))[canvas.choose(2)]
    return warp(canvas.images, linear(1, 0, 0, 1, down * canvas.sign(), right * canvas.sign()))


@fault("crop offset", "px", (8, 24, 64), MISALIGNED, displacement=lambda size: size)
def crop_offset(canvas: Canvas, size: float) -> Images:
    """Input and target are cut from different places of the scene, at a distance on both axes."""
    near = max(1, int(size * 0.4))
    step = (int(size), near) if canvas.choose(2) else (near, int(size))
    return moved(canvas.images, step[0] * canvas.sign(), step[1] * canvas.sign())


@fault("turn", "degrees", (0.5, 1, 2, 3, 6), MISALIGNED, graded=(0.25,))
def turn(canvas: Canvas, size: float) -> Images:
    """The input is turned about its centre."""
    return warp(canvas.images, similarity(size * canvas.sign(), 1.0))


@fault("zoom in", "%", (1, 2, 5, 10), SCALED, graded=(0.5,))
def zoom_in(canvas: Canvas, size: float) -> Images:
    """The input shows its scene larger than the target does."""
    return warp(canvas.images, similarity(0.0, 1 + size / 100))


@fault("zoom out", "%", (1, 2, 5, 10), SCALED)
def zoom_out(canvas: Canvas, size: float) -> Images:
    """The input shows its scene smaller than the target does."""
    return warp(canvas.images, similarity(0.0, 1 / (1 + size / 100)))


@fault("turn with zoom 1.1", "degrees", (2, 5), SCALED, MISALIGNED)
def turn_and_zoom(canvas: Canvas, size: float) -> Images:
    """The input is turned and zoomed by 1.1 at once."""
    return warp(canvas.images, similarity(size * canvas.sign(), 1.1))


@fault("turn with zoom out 1.1", "degrees", (2, 5), SCALED, MISALIGNED)
def turn_and_zoom_out(canvas: Canvas, size: float) -> Images:
    """The input is turned and zoomed out by 1.1 at once."""
    return warp(canvas.images, similarity(size * canvas.sign(), 1 / 1.1))


@fault("width stretched", "%", (1, 2, 3, 5, 10), STRETCHED, graded=(0.5,))
def width_stretched(canvas: Canvas, size: float) -> Images:
    """The input is stretched in width and cut back to size about its centre, as by a resize that loses the aspect."""
    return warp(canvas.images, linear(1, 0, 0, 1 + size / 100))


@fault("height stretched", "%", (2, 5), STRETCHED)
def height_stretched(canvas: Canvas, size: float) -> Images:
    """The input is stretched in height and cut back to size about its centre."""
    return warp(canvas.images, linear(1 + size / 100, 0, 0, 1))


@fault("resized to a square, input cut", "%", (5, 10), STRETCHED)
def squared(canvas: Canvas, size: float) -> Images:
    """The input loses a part of its width at one side or at both, and both images are resized to one square."""
    degraded, target = canvas.images
    width = degraded.shape[1]
    lost = round(width * size / 100)
    start = (0, lost // 2, lost)[canvas.choose(3)]
    side = min(256, *degraded.shape[:2])
    return resize(degraded[:, start : start + width - lost], side, side), resize(target, side, side)


@fault("shear", "degrees", (1, 2), STRETCHED, MISALIGNED, graded=(0.5,))
def shear(canvas: Canvas, size: float) -> Images:
    """The input is sheared: its columns lean, or its rows."""
    slope = math.tan(math.radians(size)) * canvas.sign()
    leaning = ((1, 0, slope, 1), (1, slope, 0, 1))[canvas.choose(2)]
    return warp(canvas.images, linear(*leaning))
