"""Finds windows of two aligned images in which the target has structure that the input does not share, although its rest does.

A cheap first look at every pair: a few per cent of true pairs have such windows (a raindrop, dense rain), and nearly all whose
input shows something else there. `patches` asks those where their content lies.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.arrays import PlaneF32, PlanesF32, PlaneU8

CELL = 8
"""Side of a cell, over which products of the images are summed, in pixels of the images that are compared."""

WINDOW = 3
"""Cells on a side of a window: in images at half their size it lies within a displaced block of 64 pixels, wherever that is."""

MISMATCH = 7.0
"""Mismatch of a window from which its content is looked for: one in eight true pairs has such a window."""

MOST = 3
"""Windows of a pair that are looked at."""

FINEST, FINE = 3, 5
"""Sides of neighbourhoods of pixels whose means are subtracted, which leaves detail of different fineness."""

# Energy of the finest detail that compression and rounding leave, squared grey levels per pixel.
_FLOOR = 2.0
# Energy from which a window counts fully, times the floor.
_STRUCTURE = 10.0
# Largest correlation that is expected or counted: its Fisher transform has no end.
_CLEAR = np.float32(0.95)
# Fewest windows with structure, and the least share of the target's detail that their inputs show, for a pair to be asked.
_FEWEST, _LEAST_SHARED = 8, 0.02


@dataclass(frozen=True, slots=True)
class Window:
    """A square of cells of both images.

    Attributes:
        row: Its first row of cells.
        column: Its first column of cells.
        mismatch: Shortfall of the correlation of its detail, in standard deviations.
    """

    row: int
    column: int
    mismatch: float


def detail(plane: PlaneU8, neighbourhood: int = FINEST) -> PlaneF32:
    """Returns what a plane has beside its smooth part, in grey levels, float32 [H, W].

    Args:
        plane: uint8 [H, W].
        neighbourhood: Side of the neighbourhood whose mean is subtracted from each pixel, odd.
    """
    smooth = cv2.blur(plane, (neighbourhood, neighbourhood))
    return np.asarray(cv2.subtract(plane, smooth, dtype=cv2.CV_32F), np.float32)


def cell_products(one: PlaneF32, other: PlaneF32) -> PlanesF32:
    """Returns the mean products of two planes in cells: of the first with itself, of both, and of the second with itself.

    Args:
        one: float32 [H, W], at least as large as a cell.
        other: float32 [H, W].

    Returns:
        float32 [3, H // CELL, W // CELL].
    """
    rows, columns = (side // CELL for side in one.shape)
    a, b = (plane[: rows * CELL, : columns * CELL].reshape(rows, CELL, -1) for plane in (one, other))
    sums = np.stack([np.einsum("rkw,rkw->rw", *both) for both in ((a, a), (a, b), (b, b))])
    means = np.einsum("nk->n", sums.reshape(-1, CELL)) * np.float32(1 / CELL**2)
    return np.asarray(means.reshape(3, rows, columns), np.float32)


def window_means(products: PlanesF32, height: int = WINDOW, width: int = WINDOW) -> PlanesF32:
    """Returns the means of cells in all windows of a size.

    Args:
        products: float32 [3, R, C].
        height: Rows of cells of a window, at most R.
        width: Columns of cells of a window, at most C.

    Returns:
        float32 [3, R - height + 1, C - width + 1].
    """
    _, rows, columns = products.shape
    # One call for all three: at this size calls take longer than sums.
    joined = np.ascontiguousarray(products.transpose(1, 2, 0))
    means = cv2.blur(joined, (width, height), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    return np.asarray(means.transpose(2, 0, 1)[:, : rows - height + 1, : columns - width + 1], np.float32)


def typical_share(means: PlanesF32) -> float:
    """Returns which share of the target's detail the typical window of the input shows; 0 where few have structure.

    Args:
        means: Means of products in windows, float32 [3, R, C].
    """
    _, shared, others = means
    usable = others > 2 * _FLOOR
    shares = np.sort(shared[usable] / others[usable])
    return float(shares[len(shares) // 2]) if len(shares) >= _FEWEST else 0.0


def correlations(means: PlanesF32) -> PlaneF32:
    """Returns the correlation of the details in windows, -1 to 1.

    Args:
        means: Means of products, float32 [3, R, C].
    """
    own, shared, others = means
    return np.asarray(shared / np.sqrt((own + np.float32(_FLOOR)) * (others + np.float32(_FLOOR))), np.float32)


def mismatches(means: PlanesF32, share: float, side: int = WINDOW) -> PlaneF32:
    """Returns by how much the correlation in windows falls short of what the rest of the pair lets expect.

    What the input has beside the target's detail, such as rain, lowers the correlation that is expected. Windows without
    structure in one image, and such that show half of what is expected, have no mismatch.

    Args:
        means: Means of products in windows, float32 [3, R, C].
        share: Share of the target's detail that a typical window shows.
        side: Cells on a side of the windows.

    Returns:
        Standard deviations, float32 [R, C].
    """
    own, _, others = means
    weaker = np.minimum(own, others)
    expected = np.minimum(np.float32(share) * np.sqrt(others / (own + np.float32(_FLOOR))), _CLEAR)
    correlation = np.clip(correlations(means), 0, _CLEAR)
    weight = np.sqrt(np.minimum(weaker * np.float32(1 / (_STRUCTURE * _FLOOR)), 1))
    mismatch = np.float32(side * CELL) * weight * (np.arctanh(expected) - np.arctanh(correlation))
    mismatch[(weaker < _FLOOR) | (correlation > expected / 2)] = 0
    return np.asarray(mismatch, np.float32)


def mismatched_windows(products: PlanesF32) -> list[Window]:
    """Returns the windows whose detail correlates much less than that of the rest of the pair lets expect.

    Args:
        products: Of the details of input and target, float32 [3, R, C].

    Returns:
        At most `MOST` windows that do not overlap, those of the largest mismatch first.
    """
    if min(products.shape[1:]) < WINDOW:
        return []
    means = window_means(products)
    share = typical_share(means)
    return _largest_apart(mismatches(means, share)) if share > _LEAST_SHARED else []


def _largest_apart(mismatch: PlaneF32) -> list[Window]:
    """Returns the largest of the windows that do not overlap."""
    windows: list[Window] = []
    left: NDArray[np.float32] = mismatch
    while len(windows) < MOST:
        row, column = divmod(int(left.argmax()), left.shape[1])
        if left[row, column] < MISMATCH:
            break
        windows.append(Window(row, column, float(left[row, column])))
        left[max(0, row - WINDOW + 1) : row + WINDOW, max(0, column - WINDOW + 1) : column + WINDOW] = 0
    return windows
