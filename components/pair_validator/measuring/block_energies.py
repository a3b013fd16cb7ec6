"""Gradient energies of two aligned images in blocks, at three scales: what both share, and what each has of its own."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.arrays import PlaneF32, PlanesF32, PlaneU8

BLOCK = 12
"""Side of a block in pixels of the full size: wider than a streak, narrower than an object."""

SCALES = 3
"""Scales at which gradients are taken: full, half and quarter size."""

FLOOR = 4.0
"""Gradient energy of 8-bit rounding and compression, in squared grey levels per pixel; it is added to every energy."""

MAX_LOG_RATIO = 3.0
"""Bound on the natural logarithm of an energy ratio: a larger ratio is not better evidence."""

# Scharr's kernels sum to 16 on each side.
_SCHARR = 1 / 16**2

Gradients = tuple[NDArray[np.int16], NDArray[np.int16]]


@dataclass(frozen=True, slots=True)
class BlockEnergies:
    """Gradient energies of blocks, in squared grey levels per pixel, each [SCALES, N].

    Attributes:
        input: Energy of the input, with `FLOOR`.
        shared: Product of the gradients of both; 0 where they are not coherent.
        target: Energy of the target, with `FLOOR`.
    """

    input: PlanesF32
    shared: PlanesF32
    target: PlanesF32

    @property
    def coherence(self) -> PlanesF32:
        """Squared coherence of the gradients, 0 to 1, [SCALES, N]."""
        return np.square(self.shared) / (self.input * self.target)

    @property
    def log_ratio(self) -> PlanesF32:
        """Natural logarithm of the energy of the input over that of the target, bounded, [SCALES, N]."""
        return np.clip(np.log(self.input / self.target), -MAX_LOG_RATIO, MAX_LOG_RATIO)

    @property
    def difference(self) -> PlanesF32:
        """Gradient energy of the input minus the target, with `FLOOR`, [SCALES, N]."""
        return np.maximum(self.input + self.target - 2 * self.shared - 2 * FLOOR, 0) + FLOOR


@dataclass(frozen=True, slots=True)
class Gradient:
    """The gradients of both images at one scale, 16 times those per pixel."""

    input: Gradients
    target: Gradients


def whole_blocks(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Returns an image without the rows and columns that fill no block.

    Args:
        image: uint8 [H, W] or [H, W, 3].
    """
    height, width = (max(BLOCK, size // BLOCK * BLOCK) for size in image.shape[:2])
    return np.ascontiguousarray(image[:height, :width])


def block_means(plane: PlaneU8) -> NDArray[np.uint8]:
    """Returns the means of blocks, rounded, [rows, columns].

    Args:
        plane: uint8, from `whole_blocks`.
    """
    return _blocks(plane, BLOCK).astype(np.uint8, copy=False)


def block_energies(luma_input: PlaneU8, luma_target: PlaneU8) -> tuple[BlockEnergies, list[Gradient]]:
    """Measures the gradient energies of two aligned images.

    Args:
        luma_input: uint8 [H, W], from `whole_blocks`.
        luma_target: uint8, the same size.

    Returns:
        The energies, and the gradients of each scale.
    """
    gradients, inputs, shared, targets = [], [], [], []
    for scale in range(SCALES):
        if scale:
            luma_input, luma_target = _half(luma_input), _half(luma_target)
        gradient = Gradient(_gradients(luma_input), _gradients(luma_target))
        side = BLOCK >> scale
        inputs.append(_blocks(_product(gradient.input, gradient.input), side).ravel())
        shared.append(_blocks(_product(gradient.input, gradient.target), side).ravel())
        targets.append(_blocks(_product(gradient.target, gradient.target), side).ravel())
        gradients.append(gradient)
    floor = np.float32(FLOOR)
    energies = BlockEnergies(np.stack(inputs) + floor, np.maximum(np.stack(shared), 0), np.stack(targets) + floor)
    return energies, gradients


def _half(plane: PlaneU8) -> PlaneU8:
    height, width = plane.shape
    return cv2.resize(plane, (width // 2, height // 2), interpolation=cv2.INTER_AREA)


def _gradients(plane: PlaneU8) -> Gradients:
    return cv2.Scharr(plane, cv2.CV_16S, 1, 0), cv2.Scharr(plane, cv2.CV_16S, 0, 1)


def _product(one: Gradients, other: Gradients) -> PlaneF32:
    across = cv2.multiply(one[0], other[0], scale=_SCHARR, dtype=cv2.CV_32F)
    along = cv2.multiply(one[1], other[1], scale=_SCHARR, dtype=cv2.CV_32F)
    return cv2.add(across, along, dst=across)


def _blocks(plane: PlaneF32 | PlaneU8, side: int) -> PlaneF32:
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    return cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA)
