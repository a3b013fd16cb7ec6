"""The coarse search: which of the eight flips and quarter turns, and - where the blocks find nothing - which zoom or turn.

The same matched filter as in `registration`, on the whole picture at thumbnail size, where every candidate costs a
fraction of a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from components.pair_validator.registration import (
    SPECTRUM_FLOOR,
    FloatImage,
    Registration,
    mean_power,
    normalise,
    register,
    window,
)

Luma = NDArray[np.uint8]

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
# (zoom, degrees) that the search tries: apart by what a thumbnail still tolerates.
ZOOMS = (0.75, 0.8, 0.85, 0.9, 0.95, 1.05, 1.1, 1.15, 1.2, 1.25, 1.33)
TURNS = (-15.0, -12.5, -10.0, -7.5, -5.0, -2.5, 2.5, 5.0, 7.5, 10.0, 12.5, 15.0)


@dataclass(frozen=True, slots=True)
class Orientation:
    """Which of the eight flips and quarter turns matches best.

    Attributes:
        best: The best one's name, from `ORIENTATIONS`.
        best_snr: Height of its correlation peak in standard deviations of the surface.
        upright_snr: The same for no flip and no turn.
        shift_y: Rows by which the upright input is moved down at its highest peak, pixels of the full image.
        shift_x: Columns by which it is moved right.
    """

    best: str
    best_snr: float
    upright_snr: float
    shift_y: float
    shift_x: float


def find_orientation(input_luma: Luma, target_luma: Luma) -> Orientation:
    """Compares the input with the eight flips and quarter turns of its target, both squeezed to a square thumbnail.

    Args:
        input_luma: [H, W] uint8.
        target_luma: [H', W'] uint8, of any size.
    """
    degraded, clean = _square(input_luma), _square(target_luma)
    turned = [np.rot90(image, turns) for image in (clean, np.fliplr(clean)) for turns in range(4)]
    surfaces = _correlate(degraded, np.stack(turned))
    heights = surfaces.max(axis=(1, 2)) / (surfaces.std(axis=(1, 2)) + 1e-12)
    best = int(heights.argmax())
    row, column = divmod(int(surfaces[0].argmax()), THUMBNAIL)
    half = THUMBNAIL // 2
    return Orientation(
        best=ORIENTATIONS[best],
        best_snr=float(heights[best]),
        upright_snr=float(heights[0]),
        shift_y=((row + half) % THUMBNAIL - half) * input_luma.shape[0] / THUMBNAIL,
        shift_x=((column + half) % THUMBNAIL - half) * input_luma.shape[1] / THUMBNAIL,
    )


def search_similarity(input_luma: Luma, target_luma: Luma, found: Registration) -> Registration:
    """Looks for a larger zoom or turn than blocks can follow, and measures it by blocks once it is undone.

    Args:
        input_luma: [H, W] uint8.
        target_luma: [H, W] uint8, the same size.
        found: What the blocks say without a search.

    Returns:
        The better supported of `found` and the best candidate.
    """
    scale = min(1.0, 2 * THUMBNAIL / max(input_luma.shape))
    size = (max(8, round(input_luma.shape[1] * scale)), max(8, round(input_luma.shape[0] * scale)))
    small, clean = (cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in (input_luma, target_luma))
    candidates = [(zoom, 0.0) for zoom in ZOOMS] + [(1.0, turn) for turn in TURNS]
    undone = np.stack([_undo(small, zoom, turn) for zoom, turn in candidates])
    surfaces = _correlate(clean, undone)
    heights = surfaces.max(axis=(1, 2)) / (surfaces.std(axis=(1, 2)) + 1e-12)
    zoom, turn = candidates[int(heights.argmax())]
    refined = register(_undo(input_luma, zoom, turn), target_luma)
    return _compose(refined, zoom, turn) if refined.peak_snr > found.peak_snr else found


def _compose(refined: Registration, zoom: float, turn: float) -> Registration:
    """The registration of the whole, from a candidate and what was left once it was undone."""
    angle = np.radians(turn)
    # Undoing the candidate moved the remaining shift into the target's frame; turn and zoom it back.
    shift = zoom * np.exp(1j * angle) * complex(refined.shift_y, refined.shift_x)
    return Registration(
        shift_y=float(shift.real),
        shift_x=float(shift.imag),
        zoom=zoom * refined.zoom,
        rotation=turn + refined.rotation,
        peak_snr=refined.peak_snr,
        identity_snr=refined.identity_snr if zoom == 1.0 and turn == 0.0 else 0.0,
        fit_error=refined.fit_error,
        blocks=refined.blocks,
        agreeing=refined.agreeing,
        clear=refined.clear,
    )


def _undo(image: Luma, zoom: float, turn: float) -> Luma:
    """Shrinks an image that was zoomed and turned counter-clockwise about its centre back, at the same size."""
    height, width = image.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -turn, 1.0 / zoom)
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _square(luma: Luma) -> Luma:
    return cv2.resize(luma, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)


@lru_cache(maxsize=16)
def _flat_window(height: int, width: int) -> FloatImage:
    # Flatter than Hann's: with one block there is no neighbour that sees what the window hides.
    return np.sqrt(window(height, width))


def _correlate(single: Luma, several: NDArray[np.uint8]) -> FloatImage:
    """Correlates one image [h, w] with several [N, h, w]; returns surfaces [N, h, w], wrapped round."""
    weight = _flat_window(*single.shape)
    spectrum = scipy.fft.rfft2(normalise(single[None].astype(np.float32), weight))
    spectra = scipy.fft.rfft2(normalise(several.astype(np.float32), weight))
    power = cv2.blur(mean_power(spectrum) + mean_power(spectra), (5, 5), borderType=cv2.BORDER_REFLECT)
    spectrum /= power + np.float32(SPECTRUM_FLOOR * float(power.mean()) + 1e-12)
    return scipy.fft.irfft2(spectrum * np.conj(spectra), s=single.shape)
