"""Coarse registration: finds flips and quarter turns, and larger zooms, turns and shifts than blocks can follow.

It applies the matched filter of `registration` to whole images at thumbnail size, at a fraction of a millisecond per candidate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from components.pair_validator.measuring.planes import Planes
from components.pair_validator.measuring.registering.affine import Affine, identity, similarity, undo
from components.pair_validator.measuring.registering.correlation import (
    mean_power,
    normalise,
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

SURE_SNR = THUMBNAIL / 1.5
"""Upright peak, in standard deviations, from which no flip is compared: the highest possible peak of a thumbnail has
`THUMBNAIL` standard deviations, 1.5 times as much."""

# Zooms and turns (degrees) of the search, at the steps that a thumbnail tolerates.
ZOOMS = (0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25, 1.33)
TURNS = (-15.0, -12.5, -10.0, -7.5, -5.0, -2.5, 0.0, 2.5, 5.0, 7.5, 10.0, 12.5, 15.0)


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


def find_orientation(degraded: Planes, target: Planes, match_snr: float = 0.0) -> Orientation:
    """Compares the input with the eight flips and quarter turns of its target, on squares of `THUMBNAIL` pixels.

    Args:
        degraded: The input.
        target: The target, of any size.
        match_snr: Height of the upright peak of the blocks; from `SURE_SNR` on, the answer is upright without a comparison.

    Returns:
        The best orientation.
    """
    if match_snr >= SURE_SNR:
        return Orientation(ORIENTATIONS[0], match_snr, match_snr)
    input_square, target_square = (planes.small(THUMBNAIL) for planes in (degraded, target))
    turned = [np.rot90(image, turns) for image in (target_square, np.fliplr(target_square)) for turns in range(4)]
    surfaces = _correlate(input_square, np.stack(turned))
    heights = surfaces.max(axis=(1, 2)) / (surfaces.std(axis=(1, 2)) + 1e-12)
    best = int(heights.argmax())
    return Orientation(ORIENTATIONS[best], float(heights[best]), float(heights[0]))


def search(input_luma: PlaneU8, target_luma: PlaneU8) -> Affine:
    """Searches for a shift, zoom and turn that are too large for blocks and places, on thumbnails.

    All zooms are tried with all turns. A stretch is found as the zoom that is nearest to it.

    Args:
        input_luma: [H, W] uint8.
        target_luma: [H, W] uint8, the same size.

    Returns:
        The map of the best candidate.
    """
    small, clean = (shrink(image, 2 * THUMBNAIL, least_side=8) for image in (input_luma, target_luma))
    best, highest = identity(), 0.0
    for turn in TURNS:
        candidates = [similarity((0, 0), zoom, turn) for zoom in ZOOMS]
        surfaces = _correlate(clean, np.stack([undo(small, candidate) for candidate in candidates]))
        heights = surfaces.max(axis=(1, 2)) / (surfaces.std(axis=(1, 2)) + 1e-12)
        index = int(heights.argmax())
        if heights[index] > highest:
            highest = float(heights[index])
            row, column = wrapped_argmax(surfaces[index])
            # The surface has the target before the input, so that a peak is where the content of the target lies against the
            # undone input; in the input, it is zoomed and turned.
            move = np.array(
                [-row * input_luma.shape[0] / small.shape[0], -column * input_luma.shape[1] / small.shape[1]]
            )
            best = Affine(candidates[index].matrix, candidates[index].matrix @ move)
    return best


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
