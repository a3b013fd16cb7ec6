"""Processes an image and its restored version in bands of rows, so that memory does not grow with the image."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from data.image.arrays import ImageF32

Levels = NDArray[np.uint8 | np.uint16]
"""An image of 8 or 16 bits, [H, W, C]."""

ROWS = 128
"""Rows that are processed at a time: ten float arrays of them take a tenth of the memory of a tile."""


def in_bands(
    process: Callable[[ImageF32, ImageF32], ImageF32],
    image: Levels,
    restored: Levels,
    reach: int,
) -> Levels:
    """Returns the image that a function makes of an input and its restored version.

    Args:
        process: Takes rows of both as float32 in [0, 1], and returns as many rows; its result is clipped.
        image: The input, uint8 or uint16 [H, W, C].
        restored: The restored image, of the same shape and depth.
        reach: Rows above and below on which a row of the result depends.

    Returns:
        [H, W, C] of the same depth.
    """
    most = np.float32(np.iinfo(image.dtype).max)
    result = np.empty_like(restored)
    for rows, inner, before, after in _bands(image, restored, reach):
        result[rows] = np.rint(np.clip(process(before, after)[inner], 0.0, 1.0) * most).astype(image.dtype)
    return result


def mean_of_bands(
    measure: Callable[[ImageF32, ImageF32], NDArray[np.float32]],
    image: Levels,
    restored: Levels,
    reach: int,
) -> float:
    """Returns the mean over an image of what a function measures at each pixel.

    Args:
        measure: Takes rows of both as float32 in [0, 1], and returns as many rows of values.
        image: The input, uint8 or uint16 [H, W, C].
        restored: The restored image, of the same shape and depth.
        reach: Rows above and below on which a row of values depends.
    """
    total = sum(
        float(measure(before, after)[inner].sum(dtype=np.float64))
        for _, inner, before, after in _bands(image, restored, reach)
    )
    return total / (image.shape[0] * image.shape[1])


def _bands(image: Levels, restored: Levels, reach: int) -> Iterator[tuple[slice, slice, ImageF32, ImageF32]]:
    """Yields a band's rows in the image and within its arrays, and the arrays with `reach` rows more to both sides."""
    height, most = len(image), np.float32(np.iinfo(image.dtype).max)
    for top in range(0, height, ROWS):
        first, bottom = max(0, top - reach), min(height, top + ROWS)
        seen = slice(first, min(height, bottom + reach))
        before, after = (each[seen].astype(np.float32) / most for each in (image, restored))
        yield slice(top, bottom), slice(top - first, bottom - first), before, after
