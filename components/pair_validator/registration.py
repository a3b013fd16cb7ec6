"""Where the input lies relative to its target: a matched filter on blocks, and a similarity fitted to what the blocks say.

Model: the input is the target moved by a small similarity, plus whatever the weather added. For a known signal in coloured
noise the best detector is the matched filter, correlation after division by the noise's power spectrum (Knapp and Carter,
"The generalized correlation method for estimation of time delay", 1976). The spectrum is estimated over all blocks of both
images (Welch), so that the few directions and frequencies that streaks fill are held down by their own power, in
the input as well as - should the pair be swapped - in the target. Blocks are correlated one by one, so that a zoom or a
rotation shows as displacement that grows with the distance from the centre, and so that one block with moving
leaves or a saturated sky cannot speak for the whole picture.

Sign: a shift of (dy, dx) says input(y, x) = target(y - dy, x - dx).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

FloatImage = NDArray[np.float32]

# Pixels along a block's side: a power of two for the transform, and wide enough for shifts of up to a third of it.
BLOCK = 128
# Blocks along a side of the image, at most: more than that adds time, not accuracy.
MAX_BLOCKS = 4
# Pixels along the shorter side that an image needs for one block to be of any use.
MIN_BLOCK = 16
# How far one block may disagree with all blocks together: pixels, and pixels for each pixel from the centre, so that a
# zoom of 4% is followed in an image of any size.
BLOCK_REACH = 8
BLOCK_REACH_SLOPE = 0.04
# Grey levels added to a block's contrast, so that a flat block is not blown up to a pattern of rounding noise.
CONTRAST_FLOOR = 1.0
# Share of the mean power that is added to the spectrum, so that empty frequencies are not divided by nothing.
SPECTRUM_FLOOR = 1e-4
# Heights of a block's peak, in standard deviations of its surface: below it the block knows nothing.
BLOCK_SNR = 6.0
# A block's height counts up to here: beyond it, more contrast says nothing more about the place.
HEIGHT_CAP = 50.0
# Pixels by which a block may differ from the fit and still agree with it: leaves move, and lenses differ, by that much.
FIT_TOLERANCE = 1.0
# Clear blocks that a zoom or a rotation needs for its support; fewer give a shift alone.
MIN_FIT_BLOCKS = 4
# Growth and turn (radians) together that blocks can follow: at more, a block no longer matches itself.
MAX_FACTOR = 0.1
# Pixels: what the parabola through a peak is wrong by at worst.
ROUNDING = 0.05


@dataclass(frozen=True, slots=True)
class Registration:
    """What the blocks say about the position of the input relative to its target.

    Attributes:
        shift_y: Rows by which the input is moved down, at the centre, in pixels.
        shift_x: Columns by which the input is moved right, at the centre, in pixels.
        zoom: Size of the input's content relative to the target's; 1 where they are equal.
        rotation: Degrees by which the input's content is turned counter-clockwise.
        peak_snr: Height of the best shift of all blocks together, in standard deviations of the correlation surface.
        identity_snr: Height at no shift at all, in the same unit.
        fit_error: Standard error of the shift in pixels; the corner's where zoom and rotation were fitted.
        blocks: How many blocks were correlated.
        agreeing: Share of the blocks with a clear peak whose peak lies within a pixel of the fit.
        clear: Share of the blocks that have a clear peak.
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
    clear: float


def register(input_luma: NDArray[np.uint8], target_luma: NDArray[np.uint8]) -> Registration:
    """Estimates translation, zoom and rotation of the input against its target.

    Args:
        input_luma: [H, W] uint8.
        target_luma: [H, W] uint8, the same H and W.

    Returns:
        The estimate, with what is needed to judge how far it can be trusted.
    """
    surfaces, centres = correlate_blocks(input_luma, target_luma)
    total = surfaces.sum(axis=0)
    noise = float(total.std()) or 1.0
    coarse = wrapped_argmax(total)
    peaks, heights = _block_peaks(surfaces, coarse, _reach(centres))
    shift = np.add(coarse, refine(total, coarse))
    fit = _fit_similarity(peaks, heights, centres, shift)
    return Registration(
        shift_y=float(fit.shift[0]),
        shift_x=float(fit.shift[1]),
        zoom=float(1.0 + fit.growth),
        rotation=float(np.degrees(fit.turn)),
        peak_snr=float(total[coarse[0], coarse[1]]) / noise,
        identity_snr=float(total[0, 0]) / noise,
        fit_error=float(fit.error),
        blocks=len(surfaces),
        agreeing=fit.agreeing,
        clear=float((heights > BLOCK_SNR).mean()),
    )


def correlate_blocks(
    input_luma: NDArray[np.uint8], target_luma: NDArray[np.uint8]
) -> tuple[FloatImage, NDArray[np.float32]]:
    """Correlates the two images block by block with the matched filter.

    Args:
        input_luma: [H, W] uint8.
        target_luma: [H, W] uint8.

    Returns:
        Correlation surfaces [B, h, w], zero shift at [0, 0] and negative shifts wrapped round, and the blocks'
        centres [B, 2] as (row, column) relative to the image's centre.
    """
    inputs, centres = _cut(input_luma)
    targets, _ = _cut(target_luma)
    weight = window(*inputs.shape[1:])
    spectrum_input = scipy.fft.rfft2(normalise(inputs, weight))
    spectrum_target = scipy.fft.rfft2(normalise(targets, weight))
    product = spectrum_input * np.conj(spectrum_target)
    power = mean_power(spectrum_input) + mean_power(spectrum_target)
    power = cv2.blur(power, (3, 3), borderType=cv2.BORDER_REFLECT)
    product /= power + np.float32(SPECTRUM_FLOOR * float(power.mean()) + 1e-12)
    return scipy.fft.irfft2(product, s=inputs.shape[1:]), centres


def wrapped_argmax(surface: FloatImage) -> tuple[int, int]:
    """Returns the (row, column) shift of a surface's highest point, negative beyond half of each side."""
    height, width = surface.shape
    row, column = divmod(int(surface.argmax()), width)
    return (row + height // 2) % height - height // 2, (column + width // 2) % width - width // 2


def refine(surface: FloatImage, peak: tuple[int, int]) -> tuple[float, float]:
    """Returns the sub-pixel offset of a peak from its integer place, by a parabola through three points each way.

    Args:
        surface: [h, w], wrapped round.
        peak: (row, column), negative indices count from the end.
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
def window(height: int, width: int) -> FloatImage:
    """Returns a Hann window [height, width] in [0, 1]; without it the block's edges would correlate at no shift."""
    rows = np.sin(np.pi * (np.arange(height) + 0.5) / height) ** 2
    columns = np.sin(np.pi * (np.arange(width) + 0.5) / width) ** 2
    return np.outer(rows, columns).astype(np.float32)


def _starts(size: int, block: int) -> NDArray[np.int64]:
    # Neighbours overlap by a quarter, because the window all but hides a block's edge.
    count = 1 if size == block else int(np.clip(round((size - block) / (0.75 * block)) + 1, 2, MAX_BLOCKS))
    return np.round(np.linspace(0, size - block, count)).astype(np.int64)


def _cut(image: NDArray[np.uint8]) -> tuple[FloatImage, NDArray[np.float32]]:
    height, width = image.shape
    block_height, block_width = min(BLOCK, height), min(BLOCK, width)
    corners = [(y, x) for y in _starts(height, block_height) for x in _starts(width, block_width)]
    blocks = np.empty((len(corners), block_height, block_width), np.float32)
    for block, (y, x) in zip(blocks, corners, strict=True):
        block[...] = image[y : y + block_height, x : x + block_width]
    offset = np.array([(block_height - height) / 2, (block_width - width) / 2])
    return blocks, (np.array(corners) + offset).astype(np.float32)


def normalise(blocks: FloatImage, weight: FloatImage) -> FloatImage:
    """Takes the mean off blocks [B, h, w], weighs them by a window [h, w] and makes their contrast 1, in place."""
    mean = np.einsum("bhw,hw->b", blocks, weight) / weight.sum()
    blocks -= mean[:, None, None]
    blocks *= weight
    contrast = np.sqrt(np.einsum("bhw,bhw->b", blocks, blocks) / blocks[0].size)
    blocks /= (contrast + CONTRAST_FLOOR)[:, None, None]
    return blocks


def mean_power(spectrum: NDArray[np.complex64]) -> FloatImage:
    """Returns the mean power [h, w] of spectra [B, h, w]."""
    parts = spectrum.view(np.float32)
    squares = np.einsum("bhw,bhw->hw", parts, parts)
    return np.ascontiguousarray(squares[:, 0::2] + squares[:, 1::2]) / len(spectrum)


def _reach(centres: NDArray[np.float32]) -> int:
    return round(BLOCK_REACH + BLOCK_REACH_SLOPE * float(np.abs(centres).max()))


def _block_peaks(
    surfaces: FloatImage, around: tuple[int, int], reach: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Finds each block's own peak near a common shift; returns shifts [B, 2] and heights [B] in standard deviations."""
    height, width = surfaces.shape[1:]
    reach_y, reach_x = min(reach, (height - 1) // 2), min(reach, (width - 1) // 2)
    rows = np.arange(around[0] - reach_y, around[0] + reach_y + 1) % height
    columns = np.arange(around[1] - reach_x, around[1] + reach_x + 1) % width
    near = surfaces[:, rows[:, None], columns[None, :]]
    noise = surfaces.std(axis=(1, 2)) + 1e-12
    places, heights = [], []
    for surface, patch, spread in zip(surfaces, near, noise, strict=True):
        row, column = divmod(int(patch.argmax()), patch.shape[1])
        place = (around[0] - reach_y + row, around[1] - reach_x + column)
        places.append(np.add(place, refine(surface, place)))
        heights.append(patch[row, column] / spread)
    return np.array(places), np.array(heights)


@dataclass(frozen=True, slots=True)
class _Fit:
    shift: NDArray[np.float64]
    growth: float
    turn: float
    error: float
    agreeing: float


def _fit_similarity(
    peaks: NDArray[np.float64], heights: NDArray[np.float64], centres: NDArray[np.float32], shift: NDArray[np.float64]
) -> _Fit:
    """Fits shift, growth and turn to the blocks' peaks: the best of all pairs of blocks, then least squares.

    Two blocks' displacements give a similarity; the one that most blocks agree with is the start (an exhaustive RANSAC:
    there are at most 120 pairs), so that neither streaks nor repeated texture pull the fit.
    """
    clear = heights > BLOCK_SNR
    found, strength = peaks[clear], np.minimum(heights[clear], HEIGHT_CAP)
    if clear.sum() < MIN_FIT_BLOCKS or np.ptp(centres[clear], axis=0).max() == 0:
        return _translation(found, shift)
    places = _as_complex(centres[clear].astype(np.float64))
    moved = _as_complex(found)
    start = _best_hypothesis(places, moved, strength)
    inliers = np.abs(moved - start[0] - start[1] * places) < FIT_TOLERANCE
    for _ in range(3):
        offset, factor, error = _least_squares(places[inliers], moved[inliers], strength[inliers])
        inliers = np.abs(moved - offset - factor * places) < FIT_TOLERANCE
        if inliers.sum() < MIN_FIT_BLOCKS:
            return _translation(found, shift)
    agreeing = float(strength[inliers].sum() / strength.sum())
    return _Fit(np.array([offset.real, offset.imag]), factor.real, factor.imag, error, agreeing)


def _translation(found: NDArray[np.float64], shift: NDArray[np.float64]) -> _Fit:
    """The fit where too few blocks know their place for more than a common shift."""
    near = np.hypot(*(found - shift).T) < FIT_TOLERANCE if len(found) else np.zeros(0, bool)
    return _Fit(shift, 0.0, 0.0, 0.5 / np.sqrt(max(near.sum(), 1)), float(near.mean()) if len(near) else 0.0)


def _as_complex(points: NDArray[np.float64]) -> NDArray[np.complex128]:
    # (row, column) as row + i*column: multiplying by (1 + growth + i*turn) is then a similarity.
    return points[:, 0] + 1j * points[:, 1]


def _best_hypothesis(
    places: NDArray[np.complex128], moved: NDArray[np.complex128], strength: NDArray[np.float64]
) -> tuple[complex, complex]:
    """Returns the (offset, factor) of the pair of blocks whose similarity has the most support."""
    first, second = np.triu_indices(len(places), 1)
    apart = places[second] - places[first]
    use = np.abs(apart) > 0.5 * np.abs(apart).max()
    factor = (moved[second] - moved[first])[use] / apart[use]
    factor = np.where(np.abs(factor) < MAX_FACTOR, factor, 0.0)
    # No growth and no turn is the one hypothesis that needs no pair.
    factors = np.concatenate([np.zeros(len(places)), factor])
    offsets = np.concatenate([moved, moved[first[use]] - factor * places[first[use]]])
    residual = np.abs(moved[None, :] - offsets[:, None] - factors[:, None] * places[None, :])
    support = (strength * np.clip(1 - (residual / FIT_TOLERANCE) ** 2, 0, None)).sum(axis=1)
    best = int(support.argmax())
    return complex(offsets[best]), complex(factors[best])


def _least_squares(
    places: NDArray[np.complex128], moved: NDArray[np.complex128], weight: NDArray[np.float64]
) -> tuple[complex, complex, float]:
    """Returns offset, factor, and the standard error (pixels) of the displacement at the outermost block."""
    share = weight / weight.sum()
    middle, mean = (share * places).sum(), (share * moved).sum()
    arm = places - middle
    inertia = (share * np.abs(arm) ** 2).sum() + 1e-9
    factor = complex((share * np.conj(arm) * (moved - mean)).sum() / inertia)
    offset = complex(mean - factor * middle)
    variance = (share * np.abs(moved - offset - factor * places) ** 2).sum() + ROUNDING**2
    error = np.sqrt(variance / len(places) * (1 + (np.abs(places) ** 2).max() / inertia))
    return offset, factor, float(error)
