"""Registration: finds the displacement of the input against its target, by a matched filter on blocks and a fitted similarity.

Model: the input is the target moved by a small similarity, plus the degradation. Blocks are correlated one by one: a zoom or a
rotation shows as displacement that grows with the distance from the centre, and one block with moving leaves or a saturated
sky does not decide alone.

Sign: a shift of (dy, dx) means input(y, x) = target(y - dy, x - dx).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from components.pair_validator.measuring.registering.correlation import (
    correlate,
    deviations,
    refine,
    refine_each,
    wrapped_argmax,
)
from components.pair_validator.measuring.registering.similarity import Fit, as_complex, fit_similarity
from data.image.arrays import PlaneF32, PlanesF32, PlaneU8

# Side of a block in pixels: a power of two for the transform, and wide enough for shifts of up to a third of it.
BLOCK = 128
# Maximum blocks along a side of the image: more add time, not accuracy.
MAX_BLOCKS = 4
# Minimum blocks along a side that is longer than a block: a zoom shows in the outer ones.
MIN_BLOCKS = 3
# Shorter side of an image, in pixels, below which blocks have half the side, so that there are several of them.
SMALL_IMAGE = 192
# Minimum shorter side of an image, in pixels, for one useful block.
MIN_BLOCK = 16
# Maximum distance of the peak of a block from that of all blocks, in pixels, and in pixels per pixel from the centre: a zoom
# of 4% is followed in an image of any size.
BLOCK_REACH = 8
BLOCK_REACH_SLOPE = 0.04


@dataclass(frozen=True, slots=True)
class Registration:
    """Displacement of the input against its target, estimated by blocks.

    Attributes:
        shift_y: Displacement downwards at the centre, pixels.
        shift_x: Displacement to the right at the centre, pixels.
        zoom: Scale of the input relative to the target; 1 where they are equal.
        rotation: Rotation of the input, degrees counter-clockwise.
        peak_snr: Height of the summed surfaces of the blocks at the fitted displacements, or at their best common shift
            (between pixels) if that is higher, in standard deviations.
        identity_snr: Height at zero displacement, likewise.
        opposite_snr: Height at the opposite of the displacement, likewise: as high as the peak in a picture with motion blur,
            whose whitened correlation has a peak at each end of the motion.
        fit_error: Standard error of the displacement, pixels; at the outermost block where zoom and rotation were fitted.
        blocks: Number of correlated blocks.
        agreeing: Share of the weight of the blocks with a clear peak that lies within a pixel of the fit, 0 to 1.
    """

    shift_y: float
    shift_x: float
    zoom: float
    rotation: float
    peak_snr: float
    identity_snr: float
    opposite_snr: float
    fit_error: float
    blocks: int
    agreeing: float


def register(input_luma: PlaneU8, target_luma: PlaneU8) -> Registration:
    """Estimates translation, zoom and rotation of the input against its target.

    Args:
        input_luma: [H, W] uint8.
        target_luma: [H, W] uint8, the same H and W.

    Returns:
        The estimate, with its error and evidence.
    """
    surfaces, centres = correlate_blocks(input_luma, target_luma)
    total = surfaces.sum(axis=0)
    noise = float(total.std()) or 1.0
    coarse = wrapped_argmax(total)
    peaks, heights = _block_peaks(surfaces, coarse, _reach(centres))
    shift = np.add(coarse, refine(total, coarse))
    fit = fit_similarity(peaks, heights, centres, shift)
    highest = total.max() + refine_each(total[None], np.array([coarse]))[1][0]
    supported = max(float(highest), _support(surfaces, centres, fit))
    return Registration(
        shift_y=float(fit.shift[0]),
        shift_x=float(fit.shift[1]),
        zoom=float(1.0 + fit.growth),
        rotation=float(np.degrees(fit.turn)),
        peak_snr=supported / noise,
        identity_snr=float(total[0, 0]) / noise,
        opposite_snr=_around(total, -fit.shift[0], -fit.shift[1]) / noise,
        fit_error=float(fit.error),
        blocks=len(surfaces),
        agreeing=fit.agreeing,
    )


def _around(surface: PlaneF32, row: float, column: float) -> float:
    """Returns the highest of the four points of a cyclic surface around a position."""
    rows, columns = (np.array([math.floor(at), math.floor(at) + 1]) for at in (row, column))
    return float(surface[rows[:, None] % surface.shape[0], columns % surface.shape[1]].max())


def _support(surfaces: PlanesF32, centres: NDArray[np.float32], fit: Fit) -> float:
    """Returns the sum of the surfaces of all blocks at the displacements of the fit."""
    moved = complex(*fit.shift) + complex(fit.growth, fit.turn) * as_complex(centres.astype(np.float64))
    rows = np.round(moved.real).astype(int) % surfaces.shape[1]
    columns = np.round(moved.imag).astype(int) % surfaces.shape[2]
    return float(surfaces[np.arange(len(surfaces)), rows, columns].sum())


def correlate_blocks(input_luma: PlaneU8, target_luma: PlaneU8) -> tuple[PlanesF32, NDArray[np.float32]]:
    """Correlates the two images block by block with the matched filter.

    Args:
        input_luma: [H, W] uint8.
        target_luma: [H, W] uint8.

    Returns:
        Cyclic correlation surfaces, float32 [B, h, w], with zero shift at [0, 0]; and the centres of the blocks, [B, 2], as
        (row, column) relative to the image centre.
    """
    height, width = input_luma.shape
    block = BLOCK if min(height, width) >= SMALL_IMAGE else BLOCK // 2
    size = (min(block, height), min(block, width))
    corners = np.array([(y, x) for y in _starts(height, size[0]) for x in _starts(width, size[1])])
    offset = np.array([(size[0] - height) / 2, (size[1] - width) / 2])
    surfaces = correlate(input_luma, target_luma, corners, size)
    return surfaces, (corners + offset).astype(np.float32)


@lru_cache(maxsize=256)
def _starts(size: int, block: int) -> NDArray[np.int64]:
    # Neighbours touch or overlap, because the window attenuates the edges of a block.
    count = 1 if size == block else int(np.clip(np.ceil(size / block), MIN_BLOCKS, MAX_BLOCKS))
    return np.round(np.linspace(0, size - block, count)).astype(np.int64)


def _reach(centres: NDArray[np.float32]) -> int:
    return round(BLOCK_REACH + BLOCK_REACH_SLOPE * float(np.abs(centres).max()))


def _block_peaks(
    surfaces: PlanesF32, around: tuple[int, int], reach: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Finds each block's own peak near a common shift; returns shifts [B, 2] and heights [B] in standard deviations."""
    height, width = surfaces.shape[1:]
    reach_y, reach_x = min(reach, (height - 1) // 2), min(reach, (width - 1) // 2)
    rows = np.arange(around[0] - reach_y, around[0] + reach_y + 1) % height
    columns = np.arange(around[1] - reach_x, around[1] + reach_x + 1) % width
    near = surfaces[:, rows[:, None], columns[None, :]]
    noise = deviations(surfaces) + 1e-12
    highest = near.reshape(len(near), -1).argmax(axis=1)
    at_row, at_column = np.divmod(highest, near.shape[2])
    peaks = np.stack([around[0] - reach_y + at_row, around[1] - reach_x + at_column], axis=1)
    heights = near.reshape(len(near), -1)[np.arange(len(near)), highest] / noise
    return peaks + refine_each(surfaces, peaks)[0], heights.astype(np.float64)
