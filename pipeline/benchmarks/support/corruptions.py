"""Corruptions of true pairs, for the benchmark and the tests. Each crops to the overlap, so that no border reveals it."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

from data.image.arrays import ImageU8

Pair = tuple[ImageU8, ImageU8]
"""Input and target."""


def shift(degraded: ImageU8, target: ImageU8, rows: int, columns: int) -> Pair:
    """Shifts the input down by rows and right by columns (pixels, of either sign)."""
    height, width = target.shape[:2]
    top, left = max(0, rows), max(0, columns)
    bottom, right = height + min(0, rows), width + min(0, columns)
    moved = degraded[top - rows : bottom - rows, left - columns : right - columns]
    return moved, target[top:bottom, left:right]


def zoom(degraded: ImageU8, target: ImageU8, factor: float) -> Pair:
    """Scales the input about its centre by a factor."""
    height, width = target.shape[:2]
    size = (round(width * factor), round(height * factor))
    kernel = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
    resized = cv2.resize(degraded, size, interpolation=kernel)
    common = (min(height, size[1]), min(width, size[0]))
    return _middle(resized, common), _middle(target, common)


def _middle(image: ImageU8, size: tuple[int, int]) -> ImageU8:
    top, left = (image.shape[0] - size[0]) // 2, (image.shape[1] - size[1]) // 2
    return image[top : top + size[0], left : left + size[1]]


def turn(degraded: ImageU8, target: ImageU8, degrees: float) -> Pair:
    """Rotates the input counter-clockwise about its centre."""
    height, width = target.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    turned = cv2.warpAffine(degraded, matrix, (width, height), flags=cv2.INTER_CUBIC)
    margin = int(abs(np.sin(np.radians(degrees))) * max(height, width) / 2) + 1
    inside = (slice(margin, height - margin), slice(margin, width - margin))
    return turned[inside], target[inside]


def quarter_turn(degraded: ImageU8, target: ImageU8) -> Pair:
    """Rotates the middle square of the input by 90 degrees counter-clockwise."""
    side = min(target.shape[:2])
    square = (side, side)
    return np.ascontiguousarray(np.rot90(_middle(degraded, square))), _middle(target, square)


def other_target(degraded: ImageU8, target: ImageU8) -> Pair:
    """Pairs an input with the target of another scene, cropped to a common size."""
    size = (min(degraded.shape[0], target.shape[0]), min(degraded.shape[1], target.shape[1]))
    return _middle(degraded, size), _middle(target, size)


def reencode(image: ImageU8, quality: int) -> ImageU8:
    """Returns an image after JPEG compression with a quality from 1 to 95."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))
