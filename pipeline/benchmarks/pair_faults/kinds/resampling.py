"""Resampling for the kinds: smooth warps with an 8x8 Lanczos kernel, cut to what both images show.

No border may give a warp away, so that each warp is cut to the largest upright rectangle in which no pixel depends on a
position outside the image.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.arrays import ImageU8, PlaneF32
from pipeline.benchmarks.support.pair_sets import Images

KERNEL_RADIUS = 4
"""Pixels on each side that the kernel reads."""

Field = Callable[[PlaneF32, PlaneF32], tuple[PlaneF32, PlaneF32]]
"""A displacement field: (rows, columns) relative to the centre -> (down, right) displacement of the content, in pixels."""


def grid(image: ImageU8) -> tuple[PlaneF32, PlaneF32]:
    """Returns the row and the column of each pixel relative to the centre of an image, float32 [H, W]."""
    height, width = image.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    return rows - np.float32((height - 1) / 2), columns - np.float32((width - 1) / 2)


def warp(images: Images, field: Field) -> Images:
    """Displaces the content of the input by a smooth field and cuts both images to what is sharp in both.

    Args:
        images: Input and target.
        field: The field; it is evaluated at the position of each output pixel.

    Returns:
        Input and target, of one size.
    """
    degraded, target = images
    rows, columns = grid(degraded)
    down, right = field(rows, columns)
    height, width = degraded.shape[:2]
    map_y = (rows - down + np.float32((height - 1) / 2)).astype(np.float32)
    map_x = (columns - right + np.float32((width - 1) / 2)).astype(np.float32)
    moved = remap(degraded, map_y, map_x)
    inside = (
        (map_y >= KERNEL_RADIUS)
        & (map_y <= height - 1 - KERNEL_RADIUS)
        & (map_x >= KERNEL_RADIUS)
        & (map_x <= width - 1 - KERNEL_RADIUS)
    )
    return cut((moved, target), largest_rectangle(inside))


def remap(image: ImageU8, map_y: PlaneF32, map_x: PlaneF32) -> ImageU8:
    """Reads an image at real positions with a Lanczos kernel; beyond the border it is mirrored."""
    moved = cv2.remap(image, map_x, map_y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, np.uint8)


def largest_rectangle(inside: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Returns an upright rectangle that holds True only, by cutting the worst edge again and again.

    Args:
        inside: bool [H, W]; the pixels outside lie along the borders.
    """
    top, left, (bottom, right) = 0, 0, inside.shape
    while bottom - top > 1 and right - left > 1:
        edges = (
            inside[top, left:right].mean(),
            inside[bottom - 1, left:right].mean(),
            inside[top:bottom, left].mean(),
            inside[top:bottom, right - 1].mean(),
        )
        worst = int(np.argmin(edges))
        if edges[worst] == 1.0:
            break
        top += worst == 0
        bottom -= worst == 1
        left += worst == 2
        right -= worst == 3
    return slice(top, bottom), slice(left, right)


def cut(images: Images, part: tuple[slice, slice]) -> Images:
    """Cuts both images to one part."""
    degraded, target = images
    return np.ascontiguousarray(degraded[part]), np.ascontiguousarray(target[part])


def resize(image: ImageU8, height: int, width: int) -> ImageU8:
    """Resizes an image: area means where it shrinks, Lanczos where it grows."""
    shrinks = height * width < image.shape[0] * image.shape[1]
    kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
    return np.asarray(cv2.resize(image, (width, height), interpolation=kernel), np.uint8)


def to_u8(values: NDArray[np.floating]) -> ImageU8:
    """Rounds and clips real values to uint8."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def smooth_noise(shape: tuple[int, int], cell: int, rng: np.random.Generator) -> PlaneF32:
    """Draws a smooth random field.

    Args:
        shape: Height and width.
        cell: Distance of the nodes between which it is interpolated, in pixels.
        rng: Source of chance.

    Returns:
        float32 [H, W], at most 1 in absolute value and 1 somewhere.
    """
    nodes = (rng.random((shape[0] // cell + 2, shape[1] // cell + 2)) * 2 - 1).astype(np.float32)
    field = cv2.resize(nodes, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field / max(float(np.abs(field).max()), 1e-6), np.float32)
