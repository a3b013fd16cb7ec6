"""Finds the coarse quantisation that a strong JPEG compression leaves in a target, whatever the file is stored as.

JPEG rounds each coefficient of an 8 x 8 block's DCT to a multiple of a step (ITU-T T.81). At quality 20 and below the steps of
the lowest frequencies are 24 and more, so that small coefficients are missing, of which a photograph has as many as large ones.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.arrays import PlaneF32, PlaneU8

_SIDE = 8
# Lowest frequencies without the mean, as (row, column).
_FREQUENCIES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0))
# Sizes of coefficients that the compression leaves out, above its rounding errors, and of those that it keeps.
_SMALL, _LARGE, _LARGEST = 5.0, 18.0, 250.0
# Blocks that are transformed at most, from all over the image.
_MAX_BLOCKS = 900
# Blocks of one matrix product: a larger one is shared by the threads of BLAS, which wait for each other where other work
# keeps the cores busy.
_AT_ONCE = 512
# Rows and columns are compared every third one to find where blocks begin.
_STEP = 3
# Largest step between two pixels that counts, grey levels: edges of objects are larger.
_MAX_STEP = 12
# Fewer coefficients, as in a smooth image, tell nothing.
_LEAST = 40


def small_coefficients(luma: PlaneU8, turned: PlaneU8) -> float | None:
    """Returns the share of small coefficients among the small and large ones of the lowest frequencies.

    Args:
        luma: uint8 [H, W].
        turned: The same with rows and columns exchanged, uint8 [W, H].

    Returns:
        About a half in photographs, near 0 after a compression at quality 20 and below; None where too few blocks have detail.
    """
    top, left = _first_border(turned[::_STEP]), _first_border(luma[::_STEP])
    rows, columns = (luma.shape[0] - top) // _SIDE, (luma.shape[1] - left) // _SIDE
    if rows < 1 or columns < 1:
        return None
    step = max(1, rows * columns // _MAX_BLOCKS)
    blocks = _blocks(luma[top : top + rows * _SIDE, left : left + columns * _SIDE], step)
    parts = (blocks[start : start + _AT_ONCE] for start in range(0, len(blocks), _AT_ONCE))
    sizes = np.abs(np.concatenate([part.astype(np.float32) @ _basis() for part in parts]))
    above = [np.count_nonzero(sizes > size) for size in (_SMALL, _LARGE, _LARGEST)]
    small, large = above[0] - above[1], above[1] - above[2]
    return small / (small + large) if large >= _LEAST else None


def _blocks(inside: PlaneU8, step: int) -> PlaneU8:
    """Returns every so many rows of blocks of an image of whole blocks, uint8 [N, 64]."""
    rows, columns = (side // _SIDE for side in inside.shape)
    lines = np.ascontiguousarray(inside.reshape(rows, _SIDE, -1)[::step])
    # The eight bytes of a block's line are moved as one number, which takes an eighth of the time.
    numbers = lines.view(np.uint64).reshape(-1, _SIDE, columns).transpose(0, 2, 1)
    return np.ascontiguousarray(numbers).view(np.uint8).reshape(-1, _SIDE**2)


def _first_border(lines: PlaneU8) -> int:
    """Returns the column at which the first whole block begins, 0 to 7: steps are largest between blocks."""
    width = (lines.shape[1] - 1) // _SIDE * _SIDE
    if width < _SIDE:
        return 0
    steps = cv2.min(cv2.absdiff(lines[:, 1 : width + 1], lines[:, :width]), _MAX_STEP)
    phases = _medians(cv2.reduce(steps, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32F).reshape(-1, _SIDE))
    return (int(phases.argmax()) + 1) % _SIDE


def _medians(values: PlaneF32) -> PlaneF32:
    """Returns the medians of columns, as numpy's own, in a fifth of its time for few values."""
    ordered = np.sort(values, axis=0)
    return (ordered[len(values) // 2] + ordered[(len(values) - 1) // 2]) / 2


@lru_cache(maxsize=1)
def _basis() -> NDArray[np.float32]:
    """Returns the basis images of the lowest frequencies, [64, 5]."""
    places = np.arange(_SIDE)
    waves = np.cos(np.pi * (2 * places[None, :] + 1) * places[:, None] / (2 * _SIDE)) / 2
    waves[0] /= np.sqrt(2)
    return np.stack([np.outer(waves[row], waves[column]).ravel() for row, column in _FREQUENCIES], axis=1).astype(
        np.float32
    )
