"""Misalignment by optics and sensors: perspective, keystone, lens distortion, rolling shutter, moving camera."""

from __future__ import annotations

import math

import numpy as np

from data.image.arrays import PlaneF32
from pipeline.benchmarks.pair_faults.kinds.codes import LOCALLY_MISALIGNED, MISALIGNED, SCALED, STRETCHED
from pipeline.benchmarks.pair_faults.kinds.registry import Canvas, fault
from pipeline.benchmarks.pair_faults.kinds.resampling import smooth_noise, warp
from pipeline.benchmarks.support.pair_sets import Images

MOVED = (STRETCHED, LOCALLY_MISALIGNED, MISALIGNED, SCALED)
"""Codes that name a displacement that differs from place to place; none of them is the only right one."""


def _same(size: float) -> float:
    return size


@fault("perspective", "px at a corner", (3, 6, 12), *MOVED, displacement=_same)
def perspective(canvas: Canvas, size: float) -> Images:
    """The camera looks from a slightly different angle: one side of the picture grows, the other shrinks."""
    tilt, pan = canvas.draw(-1, 1), canvas.sign()

    def field(rows: PlaneF32, columns: PlaneF32) -> tuple[PlaneF32, PlaneF32]:
        y, x = rows / rows.max(), columns / columns.max()
        growth = tilt * y + pan * x
        scale = size / max(abs(tilt) + 1, 1e-6) / math.hypot(float(rows.max()), float(columns.max()))
        return (scale * growth * rows).astype(np.float32), (scale * growth * columns).astype(np.float32)

    return warp(canvas.images, field)


@fault("keystone", "px at the corners", (3, 6, 12), *MOVED, displacement=_same)
def keystone(canvas: Canvas, size: float) -> Images:
    """A shifted lens: rows grow wider from the top of the picture to its bottom."""
    sign = canvas.sign()

    def field(rows: PlaneF32, columns: PlaneF32) -> tuple[PlaneF32, PlaneF32]:
        right = np.float32(sign * size) * (rows / rows.max()) * (columns / columns.max())
        return np.zeros_like(rows), right.astype(np.float32)

    return warp(canvas.images, field)


@fault("barrel distortion", "px at the corners", (3, 6, 12), *MOVED, displacement=_same)
def barrel(canvas: Canvas, size: float) -> Images:
    """The input was not rectified: its corners move inwards (barrel) or outwards (cushion) with the cube of the radius."""
    sign = canvas.sign()

    def field(rows: PlaneF32, columns: PlaneF32) -> tuple[PlaneF32, PlaneF32]:
        corner = math.hypot(float(rows.max()), float(columns.max()))
        growth = np.float32(sign * size / corner) * (rows**2 + columns**2) / np.float32(corner**2)
        return (growth * rows).astype(np.float32), (growth * columns).astype(np.float32)

    return warp(canvas.images, field)


@fault("rolling shutter drift", "px at the bottom", (3, 6, 12), *MOVED, displacement=_same)
def rolling_shutter(canvas: Canvas, size: float) -> Images:
    """The camera speeds up while its rows are read: rows drift to one side with the square of their number."""
    sign = canvas.sign()

    def field(rows: PlaneF32, columns: PlaneF32) -> tuple[PlaneF32, PlaneF32]:
        share = (rows - rows.min()) / (rows.max() - rows.min())
        return np.zeros_like(columns), (np.float32(sign * size) * share**2).astype(np.float32)

    return warp(canvas.images, field)


@fault("rolling shutter wobble", "px", (2, 4), *MOVED, displacement=_same)
def wobble(canvas: Canvas, size: float) -> Images:
    """The camera shakes while its rows are read: rows swing to both sides, one and a half times over the picture."""
    phase = canvas.draw(0, 2 * math.pi)

    def field(rows: PlaneF32, columns: PlaneF32) -> tuple[PlaneF32, PlaneF32]:
        swing = np.sin(np.float32(1.5 * math.pi) * rows / rows.max() + np.float32(phase))
        return np.zeros_like(columns), (np.float32(size) * swing).astype(np.float32)

    return warp(canvas.images, field)


@fault("frame off by one in a pan", "px a frame", (2, 5, 10), *MOVED, displacement=_same)
def pan(canvas: Canvas, size: float) -> Images:
    """The next frame of a pan, with a little zoom and parallax: near ground moves farther than the horizon."""
    sign = canvas.sign()

    def field(rows: PlaneF32, columns: PlaneF32) -> tuple[PlaneF32, PlaneF32]:
        near = (rows - rows.min()) / (rows.max() - rows.min())
        right = np.float32(sign * size) * (1 + np.float32(0.25) * near) + np.float32(0.004) * columns
        return (np.float32(0.004) * rows).astype(np.float32), right.astype(np.float32)

    return warp(canvas.images, field)


@fault("elastic warp", "px", (2, 4, 8), *MOVED, displacement=_same)
def elastic(canvas: Canvas, size: float) -> Images:
    """A smooth random field of displacements with waves of about 100 pixels, as by heat or a failed registration."""
    height, width, _ = canvas.images[0].shape
    down, right = (np.float32(size) * smooth_noise((height, width), 96, canvas.rng) for _ in range(2))
    return warp(canvas.images, lambda _rows, _columns: (down, right))
