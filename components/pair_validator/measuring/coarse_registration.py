"""The coarse search: which of the eight flips and quarter turns, and - where the blocks find nothing - which zoom or turn.

The same matched filter as in `registration`, on the whole picture at thumbnail size, where every candidate costs a
fraction of a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from components.pair_validator.measuring.registration import (
    Registration,
    mean_power,
    normalise,
    register,
    spectrum_floor,
    window,
    wrapped_argmax,
)
from data.image.arrays import PlaneF32, PlanesF32, PlaneU8
from data.image.resizing import shrink

# Pixels along a thumbnail's side.
THUMBNAIL = 96
# The eight symmetries of the rectangle, as what was done to the input.
ORIENTATIONS = (
    "upright",
    "quarter-turn-left",
    "half-turn",
    "quarter-turn-right",
    "mirrored",
    "transposed",
    "upside-down",
    "anti-transposed",
)
# A search is worth its time where all blocks together say less than this (standard deviations): aligned pairs stand far
# above it, however heavy the rain.
SEARCH_BELOW_SNR = 25.0
# ... or where less than this share of the blocks' weight agrees.
SEARCH_BELOW_AGREEMENT = 0.5
# From this upright match on (standard deviations), no flip can be much better: all of a thumbnail's surface in one point stands
# `THUMBNAIL` deviations high, 1.5 times as much.
SURE_SNR = THUMBNAIL / 1.5
# (zoom, degrees) that the search tries: apart by what a thumbnail still tolerates.
ZOOMS = (0.75, 0.8, 0.85, 0.9, 0.95, 1.05, 1.1, 1.15, 1.2, 1.25, 1.33)
TURNS = (-15.0, -12.5, -10.0, -7.5, -5.0, -2.5, 2.5, 5.0, 7.5, 10.0, 12.5, 15.0)


@dataclass(frozen=True, slots=True)
class Orientation:
    """Which of the eight flips and quarter turns matches best.

    Attributes:
        best: The best one's name, from `ORIENTATIONS`.
        best_snr: Height of its correlation peak in standard deviations of the surface: the thumbnails', or, where these were
            not compared, the blocks'.
        upright_snr: The same for no flip and no turn.
    """

    best: str
    best_snr: float
    upright_snr: float


def square(luma: PlaneU8) -> PlaneU8:
    """Squeezes an image [H, W] to a thumbnail [`THUMBNAIL`, `THUMBNAIL`], so that quarter turns can be compared."""
    return cv2.resize(luma, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)


def find_orientation(input_square: PlaneU8, target_square: PlaneU8, match_snr: float = 0.0) -> Orientation:
    """Compares the input with the eight flips and quarter turns of its target.

    Args:
        input_square: From `square`.
        target_square: From `square`.
        match_snr: Height of the upright match that the blocks have found, if any; from `SURE_SNR` on it is the answer, and
            nothing is compared.
    """
    if match_snr >= SURE_SNR:
        return Orientation(ORIENTATIONS[0], match_snr, match_snr)
    turned = [np.rot90(image, turns) for image in (target_square, np.fliplr(target_square)) for turns in range(4)]
    surfaces = _correlate(input_square, np.stack(turned))
    heights = surfaces.max(axis=(1, 2)) / (surfaces.std(axis=(1, 2)) + 1e-12)
    best = int(heights.argmax())
    return Orientation(ORIENTATIONS[best], float(heights[best]), float(heights[0]))


def search_similarity(input_luma: PlaneU8, target_luma: PlaneU8, found: Registration) -> Registration:
    """Looks for what blocks cannot follow - a larger shift, zoom or turn - and measures by blocks what is left of it.

    Args:
        input_luma: [H, W] uint8.
        target_luma: [H, W] uint8, the same size.
        found: What the blocks say without a search.

    Returns:
        The better supported of `found` and the best candidate.
    """
    small, clean = (shrink(image, 2 * THUMBNAIL, least_side=8) for image in (input_luma, target_luma))
    candidates = [(1.0, 0.0)] + [(zoom, 0.0) for zoom in ZOOMS] + [(1.0, turn) for turn in TURNS]
    surfaces = _correlate(clean, np.stack([_undo(small, zoom, turn) for zoom, turn in candidates]))
    heights = surfaces.max(axis=(1, 2)) / (surfaces.std(axis=(1, 2)) + 1e-12)
    best = int(heights.argmax())
    row, column = wrapped_argmax(surfaces[best])
    move = (round(row * input_luma.shape[0] / small.shape[0]), round(column * input_luma.shape[1] / small.shape[1]))
    zoom, turn = candidates[best]
    refined = register(_undo(input_luma, zoom, turn, move), target_luma)
    if refined.peak_snr <= found.peak_snr:
        return found
    return replace(_compose(refined, zoom, turn, move), identity_snr=found.identity_snr)


def _compose(refined: Registration, zoom: float, turn: float, move: tuple[int, int]) -> Registration:
    """The registration of the whole, from what was undone and what was left once it was."""
    # What was left is seen in the target's frame: take the move back, then turn and zoom.
    left = complex(refined.shift_y - move[0], refined.shift_x - move[1])
    shift = zoom * np.exp(1j * np.radians(turn)) * left
    return replace(
        refined,
        shift_y=float(shift.real),
        shift_x=float(shift.imag),
        zoom=zoom * refined.zoom,
        rotation=turn + refined.rotation,
    )


def _undo(image: PlaneU8, zoom: float, turn: float, move: tuple[int, int] = (0, 0)) -> PlaneU8:
    """Shrinks an image that was zoomed and turned counter-clockwise about its centre back, and then moves it."""
    height, width = image.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -turn, 1.0 / zoom)
    matrix[:, 2] += (move[1], move[0])
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


@lru_cache(maxsize=16)
def _flat_window(height: int, width: int) -> PlaneF32:
    # Flatter than Hann's: with one block there is no neighbour that sees what the window hides.
    return np.sqrt(window(height, width))


def _correlate(single: PlaneU8, several: NDArray[np.uint8]) -> PlanesF32:
    """Correlates one image [h, w] with several [N, h, w]; returns surfaces [N, h, w], wrapped round."""
    weight = _flat_window(*single.shape)
    spectrum = scipy.fft.rfft2(normalise(single[None].astype(np.float32), weight))
    spectra = scipy.fft.rfft2(normalise(several.astype(np.float32), weight))
    power = cv2.blur(mean_power(spectrum) + mean_power(spectra), (5, 5), borderType=cv2.BORDER_REFLECT)
    spectrum /= power + spectrum_floor(power)
    return scipy.fft.irfft2(spectrum * np.conj(spectra), s=single.shape)
