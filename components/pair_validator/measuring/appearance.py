"""Measures which image of an aligned pair is the degraded one: extra structure, and veil."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from data.image.arrays import ImageU8, PlaneF32, PlaneU8
from data.image.measures import area_mean, quantile

# Side in pixels of the cells whose gradient energies are summed. A window has 3x3 cells: wider than a streak, narrower than an
# object.
STRUCTURE_CELL = 3
# Gradient energy of 8-bit rounding and compression, in squared grey levels per pixel; it is added to every energy.
STRUCTURE_FLOOR = 4.0
# Bound on the natural logarithm of an energy ratio: a larger ratio is not better evidence.
MAX_LOG_RATIO = 3.0
# Side in pixels of the dark channel's patch; He, Sun and Tang use 15 on larger images.
DARK_PATCH = 9
# Rise of the dark channel, in grey levels, from which a loss of contrast counts fully as a veil.
FULL_VEIL = 10.0


@dataclass(frozen=True, slots=True)
class Structure:
    """Evidence on which of two aligned images is the degraded one.

    Attributes:
        extra: Where the local gradients of the images are incoherent: mean natural logarithm of the ratio of their energies,
            input over target, after the contrast of the shared structure is made equal; -6.1 to 6.1. Positive where the input
            has structure of its own, such as rain, snow, or the noise of a hazy image.
        veil: Where the gradients are coherent: log contrast that the input lost while its dark channel rose, as in haze; -3 to
            3, negative where the target lost it.
    """

    extra: float
    veil: float


def compare_structure(degraded: ImageU8, target: ImageU8, luma_input: PlaneU8, luma_target: PlaneU8) -> Structure:
    """Compares the local structure of two aligned images.

    Gradient energy alone is ambiguous: rain raises it, haze lowers it. Rain is not correlated with the scene, whereas haze is a
    local gain on it, so that the coherence of the gradients separates the two. The dark channel is that of He, Sun and Tang,
    2011 (doi:10.1109/TPAMI.2010.168).

    Args:
        degraded: [H, W, 3] uint8 RGB.
        target: [H, W, 3] uint8 RGB, the same H and W.
        luma_input: [H, W] uint8, luma of the input.
        luma_target: [H, W] uint8, luma of the target.

    Returns:
        The evidence.
    """
    energy, shared, energy_target = _local_energies(luma_input, luma_target)
    coherence = np.square(np.maximum(shared, 0)) / (energy * energy_target)
    ratio = np.clip(np.log(energy / energy_target), -MAX_LOG_RATIO, MAX_LOG_RATIO)
    common = coherence >= quantile(coherence, 0.7)
    contrast = float(np.median(ratio[common]))
    alone = 1 - coherence
    own = alone * alone * alone  # numpy's power takes several times as long
    extra = float((own * (ratio - contrast)).mean() / (own.mean() + 0.01))
    darkness = _dark_channel(degraded) - _dark_channel(target)
    veiled = np.clip(-np.sign(ratio) * darkness / FULL_VEIL, 0, 1)
    return Structure(extra, float(-(coherence * ratio * veiled).mean()))


def _local_energies(degraded: PlaneU8, target: PlaneU8) -> tuple[PlaneF32, PlaneF32, PlaneF32]:
    """Returns the gradient energy of the input, the shared energy, and that of the target, for the window of each cell."""
    (ax, ay), (bx, by) = _gradients(degraded), _gradients(target)
    energy = _windows(cv2.accumulateProduct(ay, ay, cv2.multiply(ax, ax)))
    shared = _windows(cv2.accumulateProduct(ay, by, cv2.multiply(ax, bx)))
    energy_target = _windows(cv2.accumulateProduct(by, by, cv2.multiply(bx, bx)))
    return energy + np.float32(STRUCTURE_FLOOR), shared, energy_target + np.float32(STRUCTURE_FLOOR)


def _gradients(image: PlaneU8) -> tuple[PlaneF32, PlaneF32]:
    # Scharr's kernels sum to 16 on each side.
    return cv2.Scharr(image, cv2.CV_32F, 1, 0, scale=1 / 16), cv2.Scharr(image, cv2.CV_32F, 0, 1, scale=1 / 16)


def _windows(image: PlaneF32) -> PlaneF32:
    return cv2.blur(area_mean(image, STRUCTURE_CELL), (3, 3), borderType=cv2.BORDER_REFLECT)


def _dark_channel(rgb: ImageU8) -> PlaneF32:
    """Returns the dark channel at the centre of each cell."""
    red, green, blue = cv2.split(rgb)
    darkest = cv2.erode(cv2.min(cv2.min(red, green), blue), np.ones((DARK_PATCH, DARK_PATCH), np.uint8))
    rows, columns = darkest.shape[0] // STRUCTURE_CELL, darkest.shape[1] // STRUCTURE_CELL
    middle = STRUCTURE_CELL // 2
    return darkest[middle::STRUCTURE_CELL, middle::STRUCTURE_CELL][:rows, :columns].astype(np.float32)
