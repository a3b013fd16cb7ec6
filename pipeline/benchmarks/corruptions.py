"""Ways to spoil a true pair, for the benchmark and the tests. Overlapping crops are taken, so that no border betrays it."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

Image = NDArray[np.uint8]
Pair = tuple[Image, Image]


def shift(degraded: Image, target: Image, rows: int, columns: int) -> Pair:
    """Moves the input down by rows and right by columns (pixels, of either sign) and crops both to what is left."""
    height, width = target.shape[:2]
    top, left = max(0, rows), max(0, columns)
    bottom, right = height + min(0, rows), width + min(0, columns)
    moved = degraded[top - rows : bottom - rows, left - columns : right - columns]
    return moved, target[top:bottom, left:right]


def zoom(degraded: Image, target: Image, factor: float) -> Pair:
    """Resizes the input about its centre; a smaller one is set against the target's middle."""
    height, width = target.shape[:2]
    size = (round(width * factor), round(height * factor))
    kernel = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
    resized = cv2.resize(degraded, size, interpolation=kernel)
    common = (min(height, size[1]), min(width, size[0]))
    return _middle(resized, common), _middle(target, common)


def _middle(image: Image, size: tuple[int, int]) -> Image:
    top, left = (image.shape[0] - size[0]) // 2, (image.shape[1] - size[1]) // 2
    return image[top : top + size[0], left : left + size[1]]


def turn(degraded: Image, target: Image, degrees: float) -> Pair:
    """Turns the input counter-clockwise about its centre and crops both to where there are pixels of both."""
    height, width = target.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    turned = cv2.warpAffine(degraded, matrix, (width, height), flags=cv2.INTER_CUBIC)
    margin = int(abs(np.sin(np.radians(degrees))) * max(height, width) / 2) + 1
    inside = (slice(margin, height - margin), slice(margin, width - margin))
    return turned[inside], target[inside]


def quarter_turn(degraded: Image, target: Image) -> Pair:
    """Turns the middle square of the input by 90 degrees counter-clockwise; sizes stay equal."""
    side = min(target.shape[:2])
    square = (side, side)
    return np.ascontiguousarray(np.rot90(_middle(degraded, square))), _middle(target, square)


def other_target(degraded: Image, target: Image) -> Pair:
    """Crops an input and the target of another scene to a common size."""
    size = (min(degraded.shape[0], target.shape[0]), min(degraded.shape[1], target.shape[1]))
    return _middle(degraded, size), _middle(target, size)


def reencode(image: Image, quality: int) -> Image:
    """Returns an image as it is after JPEG compression of a quality from 1 to 95."""
    buffer = io.BytesIO()
    PilImage.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.asarray(PilImage.open(buffer).convert("RGB"))
