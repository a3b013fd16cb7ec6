"""Gradient energies of two aligned images in blocks, at three scales: what both share, and what each has of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.arrays import PlanesF32, PlaneU8
from data.image.measures import column_means

BLOCK = 12
"""Side of a block in pixels of the full size: wider than a streak, narrower than an object."""

SCALES = 3
"""Scales at which gradients are taken: full, half and quarter size."""

FLOOR = 4.0
"""Gradient energy of 8-bit rounding and compression, in squared grey levels per pixel; it is added to every energy."""

MAX_LOG_RATIO = 3.0
"""Bound on the natural logarithm of an energy ratio: a larger ratio is not better evidence."""

FEWEST_BLOCKS = 500
"""Blocks that suffice for the statistics over blocks; where an image has twice as many, whole rows of them are left out."""

FEWEST_BANDS = 12
"""Rows of blocks that are kept at least, so that they lie all over the image."""

# Scharr's kernels sum to 16 on each side.
_SCHARR = np.float32(1 / 16**2)


@dataclass(frozen=True, slots=True)
class Gradients:
    """Gradients of two aligned images at one scale, 16 times those per pixel, in the same bands of rows.

    Attributes:
        input: Across columns and across rows, float32 [2, N, side, W] for N bands as high as a block.
        target: The same of the target.
    """

    input: NDArray[np.float32]
    target: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BlockEnergies:
    """Gradient energies of blocks, in squared grey levels per pixel, each float32 [SCALES, N].

    Attributes:
        input: Energy of the input, with `FLOOR`.
        shared: Product of the gradients of both; 0 where they are not coherent.
        target: Energy of the target, with `FLOOR`.
        coherence: Squared coherence of the gradients, 0 to 1.
        log_input: Natural logarithm of `input`.
        log_target: Natural logarithm of `target`.
        log_ratio: Natural logarithm of the energy of the input over that of the target, bounded.
        mean_product: Mean product of the gradients of both over all blocks, coherent or not, [SCALES].
    """

    input: PlanesF32
    shared: PlanesF32
    target: PlanesF32
    coherence: PlanesF32
    log_input: PlanesF32
    log_target: PlanesF32
    log_ratio: PlanesF32
    mean_product: NDArray[np.float32]

    @property
    def difference(self) -> PlanesF32:
        """Gradient energy of the input minus the target, with `FLOOR`, [SCALES, N]."""
        return np.maximum(self.input + self.target - 2 * self.shared - 2 * FLOOR, 0) + FLOOR


def whole_blocks(shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Returns the part of an image without the rows and columns that fill no block.

    Args:
        shape: (height, width, ...) of the image in pixels.

    Returns:
        Slices of rows and columns.
    """
    height, width = (max(BLOCK, size // BLOCK * BLOCK) for size in shape[:2])
    return slice(height), slice(width)


def band_step(shape: tuple[int, ...]) -> int:
    """Returns which rows of blocks are measured: every first, every second, ...

    Neighbouring blocks show much the same, so that statistics over blocks change little where some are left out.

    Args:
        shape: (height, width, ...) of the image in pixels.

    Returns:
        The step, 1 where all rows of blocks are measured.
    """
    rows, columns = (max(1, size // BLOCK) for size in shape[:2])
    return max(1, min(rows * columns // FEWEST_BLOCKS, rows // FEWEST_BANDS))


def joined_bands(planes: Sequence[PlaneU8], side: int, step: int, border: int = 0) -> PlaneU8:
    """Cuts the same bands of rows out of several planes and joins them one below the other, so that one call serves all.

    Args:
        planes: uint8 [H, W] each, or images of several channels.
        side: Rows of a band, at most H.
        step: Every which band is taken, from the middle of the first ones on.
        border: Rows above and below each band that are taken along, fewer than H; those beyond the plane are mirrored.

    Returns:
        uint8 [P * N * (side + 2 * border), W] for P planes, of the same channels.
    """
    rows = _rows(len(planes[0]), side, step, border)
    joined = np.empty((len(planes), len(rows), *planes[0].shape[1:]), np.uint8)
    for plane, own in zip(planes, joined, strict=True):
        plane.take(rows, axis=0, out=own, mode="clip")  # without this mode a copy is made
    return joined.reshape(-1, *planes[0].shape[1:])


def bands(plane: PlaneU8, side: int, step: int) -> PlaneU8:
    """Cuts bands of rows out of a plane and joins them.

    Args:
        plane: uint8 [H, W].
        side: Rows of a band, at most H.
        step: Every which band is taken, from the middle of the first ones on.

    Returns:
        uint8 [N * side, W].
    """
    return plane if step == 1 else plane.take(_rows(len(plane), side, step, 0), axis=0)


@lru_cache(maxsize=256)
def _rows(height: int, side: int, step: int, border: int) -> NDArray[np.int64]:
    tops = np.arange(step // 2, height // side, step) * side
    rows = np.abs(tops[:, None] + np.arange(-border, side + border)).ravel()
    return np.where(rows < height, rows, max(0, 2 * height - 2) - rows)


def band_gradients(luma_input: PlaneU8, luma_target: PlaneU8, side: int, step: int) -> Gradients:
    """Returns the gradients of two images in bands of rows, by Scharr's kernels.

    Args:
        luma_input: uint8 [H, W], H a multiple of `side`.
        luma_target: uint8 [H, W].
        side: Rows of a band.
        step: Every which band is taken.
    """
    # One below the other: rows beside a band belong to it alone, so that the images do not meet.
    framed = joined_bands((luma_input, luma_target), side, step, border=1)
    gradient = np.empty((2, *framed.shape), np.float32)
    cv2.Scharr(framed, cv2.CV_32F, 1, 0, dst=gradient[0])
    cv2.Scharr(framed, cv2.CV_32F, 0, 1, dst=gradient[1])
    both = gradient.reshape(2, 2, -1, side + 2, framed.shape[1])[:, :, :, 1:-1]
    return Gradients(both[:, 0], both[:, 1])


def block_energies(scales: Sequence[Gradients]) -> BlockEnergies:
    """Measures the gradient energies of two aligned images.

    Args:
        scales: Gradients at full, half and quarter size, of whole blocks.

    Returns:
        The energies.
    """
    sums = np.stack([_energies(gradients) for gradients in scales], axis=1)
    floor, bound = np.float32(FLOOR), np.float32(MAX_LOG_RATIO)
    of_input, shared, of_target = sums[0] + floor, np.maximum(sums[1], np.float32(0)), sums[2] + floor
    log_input, log_target = np.log(of_input), np.log(of_target)
    return BlockEnergies(
        input=of_input,
        shared=shared,
        target=of_target,
        coherence=np.square(shared) / (of_input * of_target),
        log_input=log_input,
        log_target=log_target,
        log_ratio=np.minimum(np.maximum(log_input - log_target, -bound), bound),
        mean_product=np.einsum("sn->s", sums[1]) / np.float32(sums.shape[2]),
    )


def _energies(gradients: Gradients) -> PlanesF32:
    """Returns the gradient energies of blocks of both images and their product, [3, N]."""
    own, others = gradients.input, gradients.target
    side = own.shape[2]
    # Products are summed as they are made, and not stored.
    sums = [np.einsum("gnkw,gnkw->nw", *both) for both in ((own, own), (own, others), (others, others))]
    return (_SCHARR * column_means(np.concatenate(sums), side)).reshape(3, -1)
