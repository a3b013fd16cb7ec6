"""Fits a similarity (shift, zoom, rotation) to the displacements of blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Minimum height of a clear peak, in standard deviations of the surface of its block.
BLOCK_SNR = 6.0
# Maximum weight of a block, in standard deviations: a higher peak is not located better.
HEIGHT_CAP = 50.0
# Maximum distance in pixels of a block that agrees with the fit: moving leaves and lenses differ by as much.
FIT_TOLERANCE = 1.0
# Minimum clear blocks for a zoom or a rotation; fewer give a shift alone.
MIN_FIT_BLOCKS = 4
# Maximum growth and turn (radians) together: beyond it, a block no longer matches itself.
MAX_FACTOR = 0.1
# Maximum error of the parabola through a peak, pixels.
ROUNDING = 0.05
# Standard error of the position of one clear peak, pixels.
PEAK_ERROR = 0.15


@dataclass(frozen=True, slots=True)
class Fit:
    """A similarity fitted to the displacements of blocks.

    Attributes:
        shift: (rows, columns) at the image centre, pixels, [2].
        growth: Zoom minus 1.
        turn: Rotation, radians counter-clockwise.
        error: Standard error of the displacement at the outermost block, pixels.
        agreeing: Share of the weight of the clear blocks that lies within a pixel of the fit, 0 to 1.
    """

    shift: NDArray[np.float64]
    growth: float
    turn: float
    error: float
    agreeing: float


def fit_similarity(
    peaks: NDArray[np.float64], heights: NDArray[np.float64], centres: NDArray[np.float32], shift: NDArray[np.float64]
) -> Fit:
    """Fits shift, growth and turn to the peaks of blocks: the best of all pairs of blocks, then least squares.

    The displacements of two blocks give a similarity. The fit starts from the one that most blocks agree with, so that
    streaks and repeated texture do not bias it: RANSAC (Fischler and Bolles, 1981, doi:10.1145/358669.358692) over all
    pairs, at most 120.

    Args:
        peaks: Displacement of each block, [B, 2] as (rows, columns).
        heights: Height of the peak of each block, [B], in standard deviations of its surface.
        centres: Centre of each block relative to the image centre, [B, 2].
        shift: Displacement of all blocks together, [2]; the result where too few blocks have a clear peak.

    Returns:
        The similarity.
    """
    clear = heights > BLOCK_SNR
    moves, strength = peaks[clear], np.minimum(heights[clear], HEIGHT_CAP)
    if clear.sum() < MIN_FIT_BLOCKS or np.ptp(centres[clear], axis=0).max() == 0:
        return _translation(moves, shift)
    positions = as_complex(centres[clear].astype(np.float64))
    moved = as_complex(moves)
    start = _best_hypothesis(positions, moved, strength)
    inliers = np.abs(moved - start[0] - start[1] * positions) < FIT_TOLERANCE
    for _ in range(3):
        offset, factor, error = _least_squares(positions[inliers], moved[inliers], strength[inliers])
        inliers = np.abs(moved - offset - factor * positions) < FIT_TOLERANCE
        if inliers.sum() < MIN_FIT_BLOCKS:
            return _translation(moves, shift)
    agreeing = float(strength[inliers].sum() / strength.sum())
    return Fit(np.array([offset.real, offset.imag]), factor.real, factor.imag, error, agreeing)


def _translation(moves: NDArray[np.float64], shift: NDArray[np.float64]) -> Fit:
    """Returns a shift alone, where too few blocks have a clear peak for more."""
    near = np.hypot(*(moves - shift).T) < FIT_TOLERANCE if len(moves) else np.zeros(0, bool)
    error = float(np.hypot(ROUNDING, PEAK_ERROR / np.sqrt(max(near.sum(), 1))))
    return Fit(shift, 0.0, 0.0, error, float(near.mean()) if len(near) else 0.0)


def as_complex(points: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Returns points as complex numbers row + i * column, which a factor of (1 + growth + i * turn) zooms and turns.

    Args:
        points: (row, column), [N, 2].
    """
    return points[:, 0] + 1j * points[:, 1]


def _best_hypothesis(
    positions: NDArray[np.complex128], moved: NDArray[np.complex128], strength: NDArray[np.float64]
) -> tuple[complex, complex]:
    """Returns the (offset, factor) of the pair of blocks whose similarity has the most support."""
    first, second = np.triu_indices(len(positions), 1)
    apart = positions[second] - positions[first]
    use = np.abs(apart) > 0.5 * np.abs(apart).max()
    factor = (moved[second] - moved[first])[use] / apart[use]
    factor = np.where(np.abs(factor) < MAX_FACTOR, factor, 0.0)
    # The hypothesis without growth and turn needs no pair.
    factors = np.concatenate([np.zeros(len(positions)), factor])
    offsets = np.concatenate([moved, moved[first[use]] - factor * positions[first[use]]])
    residual = np.abs(moved[None, :] - offsets[:, None] - factors[:, None] * positions[None, :])
    support = (strength * np.clip(1 - (residual / FIT_TOLERANCE) ** 2, 0, None)).sum(axis=1)
    best = int(support.argmax())
    return complex(offsets[best]), complex(factors[best])


def _least_squares(
    positions: NDArray[np.complex128], moved: NDArray[np.complex128], weight: NDArray[np.float64]
) -> tuple[complex, complex, float]:
    """Returns offset, factor, and the standard error (pixels) of the displacement at the outermost block."""
    share = weight / weight.sum()
    middle, mean = (share * positions).sum(), (share * moved).sum()
    arm = positions - middle
    inertia = (share * np.abs(arm) ** 2).sum() + 1e-9
    factor = complex((share * np.conj(arm) * (moved - mean)).sum() / inertia)
    offset = complex(mean - factor * middle)
    variance = (share * np.abs(moved - offset - factor * positions) ** 2).sum() + ROUNDING**2
    error = np.sqrt(variance / len(positions) * (1 + (np.abs(positions) ** 2).max() / inertia))
    return offset, factor, float(error)
