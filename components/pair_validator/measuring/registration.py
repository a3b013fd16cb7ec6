"""Registration: finds the displacement of the input against its target, by a matched filter on blocks and a fitted similarity.

Model: the input is the target moved by a small similarity, plus the degradation. For a known signal in coloured noise the best
detector is the matched filter: correlation after division by the power spectrum of the noise (Knapp and Carter, "The
generalized correlation method for estimation of time delay", 1976, doi:10.1109/TASSP.1976.1162830). The spectrum is the mean
over all blocks of both images (Welch, 1967, doi:10.1109/TAU.1967.1161901), so that the few directions and frequencies of
rain streaks are attenuated by their own power, in the input and, in a swapped pair, in the target. Blocks are correlated one
by one: a zoom or a rotation shows as displacement that grows with the distance from the centre, and one block with moving
leaves or a saturated sky does not decide alone.

Sign: a shift of (dy, dx) means input(y, x) = target(y - dy, x - dx).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from components.pair_validator.measuring.similarity import Fit, as_complex, fit_similarity
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
# Grey levels added to the contrast of a block, so that rounding noise of a flat block is not amplified.
CONTRAST_FLOOR = 1.0
# Share of the mean power added to the spectrum, so that empty frequencies are not divided by 0.
SPECTRUM_FLOOR = 1e-4
# Share of the power of a block of contrast 1 added likewise: flat images must not match by their rounding.
ROUNDING_POWER = 1e-7


@dataclass(frozen=True, slots=True)
class Registration:
    """Displacement of the input against its target, estimated by blocks.

    Attributes:
        shift_y: Displacement downwards at the centre, pixels.
        shift_x: Displacement to the right at the centre, pixels.
        zoom: Scale of the input relative to the target; 1 where they are equal.
        rotation: Rotation of the input, degrees counter-clockwise.
        peak_snr: Height of the summed surfaces of the blocks at the fitted displacements, or at their best common shift if
            that is higher, in standard deviations.
        identity_snr: Height at zero displacement, likewise.
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
    supported = max(float(total.max()), _support(surfaces, centres, fit))
    return Registration(
        shift_y=float(fit.shift[0]),
        shift_x=float(fit.shift[1]),
        zoom=float(1.0 + fit.growth),
        rotation=float(np.degrees(fit.turn)),
        peak_snr=supported / noise,
        identity_snr=float(total[0, 0]) / noise,
        fit_error=float(fit.error),
        blocks=len(surfaces),
        agreeing=fit.agreeing,
    )


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
    inputs, centres = _cut(input_luma)
    targets, _ = _cut(target_luma)
    weight = window(*inputs.shape[1:])
    spectrum_input = scipy.fft.rfft2(normalise(inputs, weight))
    spectrum_target = scipy.fft.rfft2(normalise(targets, weight))
    power = mean_power(spectrum_input) + mean_power(spectrum_target)
    product = np.multiply(spectrum_input, np.conj(spectrum_target, out=spectrum_target), out=spectrum_input)
    power = cv2.blur(power, (3, 3), borderType=cv2.BORDER_REFLECT)
    # The reciprocal is real; dividing complex numbers takes three times as long.
    product *= 1 / (power + spectrum_floor(power))
    # Two steps in place take half the time of irfft2, which allocates memory.
    columns = scipy.fft.ifft(product, axis=1, overwrite_x=True)
    return scipy.fft.irfft(columns, n=inputs.shape[2], axis=2, overwrite_x=True), centres


def wrapped_argmax(surface: PlaneF32) -> tuple[int, int]:
    """Returns the (row, column) shift of the highest point of a surface.

    Args:
        surface: [h, w], cyclic; shifts beyond half of a side are negative.
    """
    height, width = surface.shape
    row, column = divmod(int(surface.argmax()), width)
    return (row + height // 2) % height - height // 2, (column + width // 2) % width - width // 2


def refine(surface: PlaneF32, peak: tuple[int, int]) -> tuple[float, float]:
    """Returns the sub-pixel offset of a peak, by a parabola through three points along each axis.

    Args:
        surface: [h, w], cyclic.
        peak: Integer (row, column) of the peak; negative indices count from the end.

    Returns:
        Offsets of row and column, -0.5 to 0.5.
    """
    row, column = peak
    height, width = surface.shape
    middle = surface[row % height, column % width]
    vertical = _parabola(
        surface[(row - 1) % height, column % width], middle, surface[(row + 1) % height, column % width]
    )
    horizontal = _parabola(
        surface[row % height, (column - 1) % width], middle, surface[row % height, (column + 1) % width]
    )
    return vertical, horizontal


def _parabola(before: float, middle: float, after: float) -> float:
    curvature = before - 2 * middle + after
    if curvature >= 0:
        return 0.0
    return float(np.clip(0.5 * (before - after) / curvature, -0.5, 0.5))


@lru_cache(maxsize=64)
def window(height: int, width: int) -> PlaneF32:
    """Returns a Hann window, 0 to 1; without it, the edges of blocks would correlate at zero shift.

    Args:
        height: Rows.
        width: Columns.

    Returns:
        float32 [height, width].
    """
    rows = np.sin(np.pi * (np.arange(height) + 0.5) / height) ** 2
    columns = np.sin(np.pi * (np.arange(width) + 0.5) / width) ** 2
    return np.outer(rows, columns).astype(np.float32)


@lru_cache(maxsize=256)
def _starts(size: int, block: int) -> NDArray[np.int64]:
    # Neighbours touch or overlap, because the window attenuates the edges of a block.
    count = 1 if size == block else int(np.clip(np.ceil(size / block), MIN_BLOCKS, MAX_BLOCKS))
    return np.round(np.linspace(0, size - block, count)).astype(np.int64)


def _cut(image: PlaneU8) -> tuple[PlanesF32, NDArray[np.float32]]:
    height, width = image.shape
    block = BLOCK if min(height, width) >= SMALL_IMAGE else BLOCK // 2
    block_height, block_width = min(block, height), min(block, width)
    corners = [(y, x) for y in _starts(height, block_height) for x in _starts(width, block_width)]
    blocks = np.empty((len(corners), block_height, block_width), np.float32)
    for block, (y, x) in zip(blocks, corners, strict=True):
        block[...] = image[y : y + block_height, x : x + block_width]
    offset = np.array([(block_height - height) / 2, (block_width - width) / 2])
    return blocks, (np.array(corners) + offset).astype(np.float32)


def normalise(blocks: PlanesF32, weight: PlaneF32) -> PlanesF32:
    """Subtracts the mean of blocks, applies a window, and scales their contrast to 1, in place.

    Args:
        blocks: float32 [B, h, w]; overwritten.
        weight: The window, float32 [h, w].

    Returns:
        `blocks`.
    """
    mean = np.einsum("bhw,hw->b", blocks, weight) / weight.sum()
    blocks -= mean[:, None, None]
    blocks *= weight
    contrast = np.sqrt(np.einsum("bhw,bhw->b", blocks, blocks) / blocks[0].size)
    blocks /= (contrast + CONTRAST_FLOOR)[:, None, None]
    return blocks


def spectrum_floor(power: PlaneF32) -> np.float32:
    """Returns the constant to add to a power spectrum before a division.

    Args:
        power: Mean power spectrum, float32 [h, w // 2 + 1].
    """
    pixels = 2 * (power.shape[1] - 1) * power.shape[0]
    return np.float32(SPECTRUM_FLOOR * float(power.mean()) + ROUNDING_POWER * pixels)


def mean_power(spectrum: NDArray[np.complex64]) -> PlaneF32:
    """Returns the mean power of spectra, float32 [h, w].

    Args:
        spectrum: complex64 [B, h, w].
    """
    parts = spectrum.view(np.float32)
    squares = np.einsum("bhw,bhw->hw", parts, parts)
    return np.ascontiguousarray(squares[:, 0::2] + squares[:, 1::2]) / len(spectrum)


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
    noise = _deviations(surfaces) + 1e-12
    highest = near.reshape(len(near), -1).argmax(axis=1)
    at_row, at_column = np.divmod(highest, near.shape[2])
    peaks = np.stack([around[0] - reach_y + at_row, around[1] - reach_x + at_column], axis=1)
    heights = near.reshape(len(near), -1)[np.arange(len(near)), highest] / noise
    return peaks + _refine_each(surfaces, peaks), heights.astype(np.float64)


def _deviations(surfaces: PlanesF32) -> PlaneF32:
    """Returns the standard deviation of each of several surfaces [B, h, w]."""
    size = surfaces[0].size
    squares = np.einsum("bhw,bhw->b", surfaces, surfaces) / size
    return np.sqrt(np.maximum(squares - np.square(surfaces.sum(axis=(1, 2)) / size), 0))


def _refine_each(surfaces: PlanesF32, peaks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Refines one peak [B, 2] in each of several surfaces [B, h, w]; returns offsets [B, 2] (see `refine`)."""
    height, width = surfaces.shape[1:]
    index, (rows, columns) = np.arange(len(surfaces)), peaks.T
    middle = surfaces[index, rows % height, columns % width].astype(np.float64)
    before = np.stack(
        [surfaces[index, (rows - 1) % height, columns % width], surfaces[index, rows % height, (columns - 1) % width]],
        1,
    )
    after = np.stack(
        [surfaces[index, (rows + 1) % height, columns % width], surfaces[index, rows % height, (columns + 1) % width]],
        1,
    )
    curvature = before - 2 * middle[:, None] + after
    peaked = curvature < 0
    offset = 0.5 * (before - after) / np.where(peaked, curvature, 1.0)
    return np.where(peaked, np.clip(offset, -0.5, 0.5), 0.0)
