"""Gradient energies of two aligned images in blocks, at three scales: what both share, and what each has of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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

BAND_PIXELS = 2**17
"""Pixels whose gradients are held at once: they stay in the processor's cache, and take little memory in large images."""

# Scharr's kernels sum to 16 on each side.
_SCHARR = np.float32(1 / 16**2)

Gradient = NDArray[np.float32]
"""Gradient of an image, 16 times that per pixel, across columns and across rows, [2, H, W]."""


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
    """

    input: PlanesF32
    shared: PlanesF32
    target: PlanesF32
    coherence: PlanesF32
    log_input: PlanesF32
    log_target: PlanesF32
    log_ratio: PlanesF32

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


def block_energies(scales: Sequence[tuple[PlaneU8, PlaneU8]]) -> BlockEnergies:
    """Measures the gradient energies of two aligned images.

    Args:
        scales: Luma of input and target at full, half and quarter size, uint8, of whole blocks.

    Returns:
        The energies.
    """
    sums = np.stack([_energies(*lumas, BLOCK >> scale) for scale, lumas in enumerate(scales)], axis=1)
    floor = np.float32(FLOOR)
    of_input, shared, of_target = sums[0] + floor, np.maximum(sums[1], 0), sums[2] + floor
    log_input, log_target = np.log(of_input), np.log(of_target)
    return BlockEnergies(
        input=of_input,
        shared=shared,
        target=of_target,
        coherence=np.square(shared) / (of_input * of_target),
        log_input=log_input,
        log_target=log_target,
        log_ratio=np.clip(log_input - log_target, -MAX_LOG_RATIO, MAX_LOG_RATIO),
    )


def gradient_of(plane: PlaneU8) -> Gradient:
    """Returns the gradient of a plane by Scharr's kernels.

    Args:
        plane: uint8 [H, W].
    """
    gradient = np.empty((2, *plane.shape), np.float32)
    cv2.Scharr(plane, cv2.CV_32F, 1, 0, dst=gradient[0])
    cv2.Scharr(plane, cv2.CV_32F, 0, 1, dst=gradient[1])
    return gradient


def _energies(luma_input: PlaneU8, luma_target: PlaneU8, side: int) -> PlanesF32:
    """Returns the gradient energies of blocks of both images and their product, [3, N], band by band."""
    height, width = luma_input.shape
    band = side * max(1, BAND_PIXELS // (side * width))
    # As the filter itself treats the border of a whole image.
    planes = [cv2.copyMakeBorder(luma, 1, 1, 0, 0, cv2.BORDER_REFLECT_101) for luma in (luma_input, luma_target)]
    sums = []
    for top in range(0, height, band):
        rows = min(band, height - top)
        own, others = (
            gradient_of(plane[top : top + rows + 2])[:, 1:-1].reshape(2, rows // side, side, width) for plane in planes
        )
        # Products are summed as they are made, and not stored.
        sums.append([np.einsum("grkw,grkw->rw", *both) for both in ((own, own), (own, others), (others, others))])
    return np.stack([_SCHARR * column_means(np.concatenate(each), side).ravel() for each in zip(*sums, strict=True)])
