"""A similarity - shift, zoom, rotation - fitted to the displacements that blocks of an image show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
# Pixels: standard error of the place of a single block's clear peak.
PEAK_ERROR = 0.15


@dataclass(frozen=True, slots=True)
class Fit:
    """A similarity fitted to the displacements of blocks.

    Attributes:
        shift: (rows, columns) at the image's centre, pixels.
        growth: Zoom minus 1.
        turn: Radians, counter-clockwise.
        error: Standard error of the displacement at the outermost block, pixels.
        agreeing: Share of the clear blocks' weight that lies within a pixel of the fit.
    """

    shift: NDArray[np.float64]
    growth: float
    turn: float
    error: float
    agreeing: float


def fit_similarity(
    peaks: NDArray[np.float64], heights: NDArray[np.float64], centres: NDArray[np.float32], shift: NDArray[np.float64]
) -> Fit:
    """Fits shift, growth and turn to the blocks' peaks: the best of all pairs of blocks, then least squares.

    Two blocks' displacements give a similarity; the one that most blocks agree with is the start (an exhaustive RANSAC:
    there are at most 120 pairs), so that neither streaks nor repeated texture pull the fit.

    Args:
        peaks: Each block's displacement [B, 2] as (rows, columns).
        heights: Each block's peak [B] in standard deviations of its surface.
        centres: Each block's place [B, 2] relative to the image's centre.
        shift: The displacement of all blocks together, for where they give no more than that.
    """
    clear = heights > BLOCK_SNR
    found, strength = peaks[clear], np.minimum(heights[clear], HEIGHT_CAP)
    if clear.sum() < MIN_FIT_BLOCKS or np.ptp(centres[clear], axis=0).max() == 0:
        return _translation(found, shift)
    places = as_complex(centres[clear].astype(np.float64))
    moved = as_complex(found)
    start = _best_hypothesis(places, moved, strength)
    inliers = np.abs(moved - start[0] - start[1] * places) < FIT_TOLERANCE
    for _ in range(3):
        offset, factor, error = _least_squares(places[inliers], moved[inliers], strength[inliers])
        inliers = np.abs(moved - offset - factor * places) < FIT_TOLERANCE
        if inliers.sum() < MIN_FIT_BLOCKS:
            return _translation(found, shift)
    agreeing = float(strength[inliers].sum() / strength.sum())
    return Fit(np.array([offset.real, offset.imag]), factor.real, factor.imag, error, agreeing)


def _translation(found: NDArray[np.float64], shift: NDArray[np.float64]) -> Fit:
    """The fit where too few blocks know their place for more than a common shift."""
    near = np.hypot(*(found - shift).T) < FIT_TOLERANCE if len(found) else np.zeros(0, bool)
    error = float(np.hypot(ROUNDING, PEAK_ERROR / np.sqrt(max(near.sum(), 1))))
    return Fit(shift, 0.0, 0.0, error, float(near.mean()) if len(near) else 0.0)


def as_complex(points: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Returns points [N, 2] as row + i * column: multiplying by (1 + growth + i * turn) is then a similarity."""
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
