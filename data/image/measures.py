"""Measures of two 8-bit images: PSNR, mean absolute error, correlation, and the change of block means.

SSIM is in `data.image.ssim`, colour difference in `data.image.colour`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from data.image.arrays import ImageU8, PlaneF32, PlaneU8
from data.image.protocol import PSNR_CAP_DB

CELL = 8
"""Side in pixels of the cells whose means are compared: JPEG's blocks, whose means its compression keeps best."""

# Rows of bytes whose sum fits into 16 bits.
_FITTING = 257


def psnr(image: ImageU8 | PlaneU8, target: ImageU8 | PlaneU8) -> float:
    """Returns the peak signal-to-noise ratio, 10 log10(255^2 / MSE), over all pixels and channels; no border is cut.

    Args:
        image: uint8, RGB [H, W, 3] or one plane [H, W], 0 to 255.
        target: uint8, the same shape.

    Returns:
        dB; `PSNR_CAP_DB` where the images are equal, and never more.

    Raises:
        ValueError: The images differ in shape or are not uint8.

    Example:
        >>> import numpy as np
        >>> target = np.full((4, 6, 3), 100, np.uint8)
        >>> round(psnr(target + np.uint8(10), target), 2)
        28.13
        >>> psnr(target, target)
        100.0
    """
    require_alike(image, target)
    # A sum of integers; OpenCV may square the root of it, which is not an integer any more.
    squared = round(cv2.norm(image, target, cv2.NORM_L2SQR))
    if squared == 0:
        return PSNR_CAP_DB
    return float(min(PSNR_CAP_DB, 10.0 * np.log10(255.0**2 / (squared / image.size))))


def mae(image: ImageU8, target: ImageU8) -> float:
    """Returns the mean absolute error over pixels and channels.

    Args:
        image: uint8 [H, W, 3].
        target: uint8 [H, W, 3].

    Returns:
        Levels of 255; lower is better.
    """
    return float(np.mean(np.abs(image.astype(np.int16) - target.astype(np.int16))))


def lowpass_correlation(image: PlaneU8 | PlaneF32, target: PlaneU8 | PlaneF32) -> float:
    """Returns Pearson's correlation of two luma thumbnails.

    Args:
        image: uint8 or float32 [h, w].
        target: The same shape.

    Returns:
        A value in [-1, 1]; 0 where one of the thumbnails is flat.
    """
    x, y = (np.subtract(plane, np.float32(plane.mean()), dtype=np.float32).ravel() for plane in (image, target))
    scale = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / scale if scale > 0 else 0.0


def area_mean(plane: PlaneU8 | PlaneF32, cell: int) -> PlaneF32:
    """Returns the means of square cells; rows and columns that do not fill a cell are left out.

    Args:
        plane: uint8 or float32 [H, W].
        cell: Side of a cell in pixels.

    Returns:
        float32 [H // cell, W // cell], at least 1 x 1.
    """
    rows, columns = max(1, plane.shape[0] // cell), max(1, plane.shape[1] // cell)
    if min(plane.shape) < cell:
        return cv2.resize(plane.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    return column_means(_row_sums(plane, cell), cell)


def _row_sums(plane: PlaneU8 | PlaneF32, cell: int) -> PlaneF32:
    """Returns sums of `cell` pixels in a column, of whole cells, float32 [H // cell, W // cell * cell]."""
    rows, columns = plane.shape[0] // cell, plane.shape[1] // cell * cell
    whole = plane[: rows * cell, :columns].reshape(rows, cell, columns)
    if plane.dtype == np.uint8 and cell <= _FITTING:
        # Sums of bytes are exact in 16 bits, and need no copy of the plane in another type.
        return np.add.reduce(whole, axis=1, dtype=np.uint16).astype(np.float32)
    return np.einsum("rkw->rw", whole.astype(np.float32, copy=False))


def column_means(sums: PlaneF32, cell: int) -> PlaneF32:
    """Returns the means of square cells from the sums of their columns.

    Sums of rows and then of columns take half as long as a resizing to the means, and products need not be stored to be summed.

    Args:
        sums: float32 [rows, columns * cell], each the sum of `cell` pixels in a column.
        cell: Side of a cell in pixels.

    Returns:
        float32 [rows, columns].
    """
    return (np.einsum("nk->n", sums.reshape(-1, cell)) * np.float32(1 / cell**2)).reshape(len(sums), -1)


@dataclass(frozen=True, slots=True)
class Change:
    """How much the means of 8x8 cells change from one image to the other, in grey levels of luma.

    Attributes:
        typical: Root mean square.
        strong: 99th percentile of the absolute change.
        largest: Largest absolute change.
        field: The changes themselves, input minus target, float32 [rows, columns].
    """

    typical: float
    strong: float
    largest: float
    field: PlaneF32


def cell_change(image: PlaneU8 | PlaneF32, target: PlaneU8 | PlaneF32) -> Change:
    """Measures how close two luma images are to being one photograph saved twice.

    Compression keeps the mean of a block to within its quantisation step and scatters its error within the block;
    weather, light or not, changes the mean where it falls. PSNR does not distinguish the two.

    Args:
        image: uint8 or float32 [H, W], 0 to 255.
        target: Likewise.

    Returns:
        The change of the cells' means, image minus target.
    """
    if min(image.shape) < CELL:
        field = area_mean(image, CELL) - area_mean(target, CELL)
    else:
        field = column_means(_row_sums(image, CELL) - _row_sums(target, CELL), CELL)
    size = np.abs(field)
    typical = math.sqrt(float(np.einsum("rw,rw->", size, size)) / size.size)
    return Change(typical, quantile(size, 0.99), float(size.max()), field)


def quantile(values: PlaneF32, share: float) -> float:
    """Returns a quantile with linear interpolation, as numpy's own, in a third of its time.

    Args:
        values: float32, any shape, not empty.
        share: The share of values below the quantile, in [0, 1].

    Returns:
        The quantile, in the unit of the values.
    """
    return quantiles(values, (share,))[0]


def quantiles(values: PlaneF32, shares: Sequence[float]) -> list[float]:
    """Returns several quantiles as `quantile` does, from one partition.

    Args:
        values: float32, any shape, not empty.
        shares: The shares of values below the quantiles, each in [0, 1].

    Returns:
        The quantiles, in the unit of the values.
    """
    positions = [share * (values.size - 1) for share in shares]
    lows = [int(position) for position in positions]
    highs = [min(low + 1, values.size - 1) for low in lows]
    parted = np.partition(values, sorted({*lows, *highs}), axis=None)
    return [
        float(parted[low] + (position - low) * (parted[high] - parted[low]))
        for position, low, high in zip(positions, lows, highs, strict=True)
    ]


def require_alike(image: ImageU8 | PlaneU8, target: ImageU8 | PlaneU8) -> None:
    """Refuses two images that cannot be compared.

    Args:
        image: Expected to be uint8, [H, W] or [H, W, 3].
        target: Expected to have the same shape.

    Raises:
        ValueError: One is not uint8 or has other dimensions, or the two differ in shape.
    """
    for name, array in (("image", image), ("target", target)):
        if array.dtype != np.uint8 or array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,)):
            raise ValueError(f"the {name} must be uint8 [H, W, 3] or [H, W], it is {array.dtype} {list(array.shape)}")
    if image.shape != target.shape:
        raise ValueError(f"the image has {size_text(image)}, the target {size_text(target)} pixels (height x width)")


def size_text(array: ImageU8 | PlaneU8) -> str:
    """Returns the size of an image as text.

    Args:
        array: An image [H, W, 3] or plane [H, W].

    Returns:
        Height x width in pixels, such as "480x640".
    """
    return f"{array.shape[0]}x{array.shape[1]}"
