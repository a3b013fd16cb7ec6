"""Coarse registration: finds flips and quarter turns, and larger zooms, turns and shifts than blocks can follow.

It applies the matched filter of `registration` to whole images at thumbnail size, at a fraction of a millisecond per candidate.
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

THUMBNAIL = 96
"""Side of a thumbnail, pixels."""

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
"""The eight flips and quarter turns of the input."""

SEARCH_BELOW_SNR = 25.0
"""Peak of all blocks, in standard deviations, below which a search starts; aligned pairs exceed it in the heaviest rain."""

SEARCH_BELOW_AGREEMENT = 0.5
"""Share of the blocks' weight that agrees, below which a search starts."""

SURE_SNR = THUMBNAIL / 1.5
"""Upright peak, in standard deviations, from which no flip is compared: the highest possible peak of a thumbnail has
`THUMBNAIL` standard deviations, 1.5 times as much."""

# Zooms and turns (degrees) of the search, at the steps that a thumbnail tolerates.
ZOOMS = (0.75, 0.8, 0.85, 0.9, 0.95, 1.05, 1.1, 1.15, 1.2, 1.25, 1.33)
TURNS = (-15.0, -12.5, -10.0, -7.5, -5.0, -2.5, 2.5, 5.0, 7.5, 10.0, 12.5, 15.0)


@dataclass(frozen=True, slots=True)
class Orientation:
    """The flip or quarter turn that matches best.

    Attributes:
        best: Its name, from `ORIENTATIONS`.
        best_snr: Height of its correlation peak, in standard deviations of the surface of the thumbnails; of the blocks where
            thumbnails were not compared.
        upright_snr: Height of the peak without flip and turn, likewise.
    """

    best: str
    best_snr: float
    upright_snr: float


def square(luma: PlaneU8) -> PlaneU8:
    """Resizes an image to a square thumbnail, so that quarter turns can be compared.

    Args:
        luma: uint8 [H, W].

    Returns:
        uint8 [THUMBNAIL, THUMBNAIL].
    """
    return cv2.resize(luma, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)


def find_orientation(input_square: PlaneU8, target_square: PlaneU8, match_snr: float = 0.0) -> Orientation:
    """Compares the input with the eight flips and quarter turns of its target.

    Args:
        input_square: From `square`.
        target_square: From `square`.
        match_snr: Height of the upright peak of the blocks; from `SURE_SNR` on, the answer is upright without a comparison.

    Returns:
        The best orientation.
    """
    if match_snr >= SURE_SNR:
        return Orientation(ORIENTATIONS[0], match_snr, match_snr)
    turned = [np.rot90(image, turns) for image in (target_square, np.fliplr(target_square)) for turns in range(4)]
    surfaces = _correlate(input_square, np.stack(turned))
    heights = surfaces.max(axis=(1, 2)) / (surfaces.std(axis=(1, 2)) + 1e-12)
    best = int(heights.argmax())
    return Orientation(ORIENTATIONS[best], float(heights[best]), float(heights[0]))


def search_similarity(input_luma: PlaneU8, target_luma: PlaneU8, by_blocks: Registration) -> Registration:
    """Searches for a shift, zoom or turn that is too large for blocks, undoes it, and registers the rest by blocks.

    Args:
        input_luma: [H, W] uint8.
        target_luma: [H, W] uint8, the same size.
        by_blocks: The registration by blocks alone.

    Returns:
        `by_blocks` or the best candidate, whichever has the higher peak.
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
    if refined.peak_snr <= by_blocks.peak_snr:
        return by_blocks
    return replace(_compose(refined, zoom, turn, move), identity_snr=by_blocks.identity_snr)


def _compose(refined: Registration, zoom: float, turn: float, move: tuple[int, int]) -> Registration:
    """Returns the whole registration from the undone similarity and the registration of the rest."""
    # The rest is in the frame of the target: take the move back, then turn and zoom.
    rest = complex(refined.shift_y - move[0], refined.shift_x - move[1])
    shift = zoom * np.exp(1j * np.radians(turn)) * rest
    return replace(
        refined,
        shift_y=float(shift.real),
        shift_x=float(shift.imag),
        zoom=zoom * refined.zoom,
        rotation=turn + refined.rotation,
    )


def _undo(image: PlaneU8, zoom: float, turn: float, move: tuple[int, int] = (0, 0)) -> PlaneU8:
    """Undoes a zoom and a counter-clockwise turn about the centre of an image, then moves it."""
    height, width = image.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -turn, 1.0 / zoom)
    matrix[:, 2] += (move[1], move[0])
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


@lru_cache(maxsize=16)
def _flat_window(height: int, width: int) -> PlaneF32:
    # Flatter than a Hann window: a single block has no neighbour that covers its edges.
    return np.sqrt(window(height, width))


def _correlate(single: PlaneU8, several: NDArray[np.uint8]) -> PlanesF32:
    """Correlates one image [h, w] with several [N, h, w]; returns cyclic surfaces [N, h, w]."""
    weight = _flat_window(*single.shape)
    spectrum = scipy.fft.rfft2(normalise(single[None].astype(np.float32), weight))
    spectra = scipy.fft.rfft2(normalise(several.astype(np.float32), weight))
    power = cv2.blur(mean_power(spectrum) + mean_power(spectra), (5, 5), borderType=cv2.BORDER_REFLECT)
    spectrum /= power + spectrum_floor(power)
    return scipy.fft.irfft2(spectrum * np.conj(spectra), s=single.shape)
