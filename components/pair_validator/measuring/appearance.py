"""How a pair looks: distance to doing nothing, which image is the degraded one, whether both are the same picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from data.image.arrays import ImageU8, PlaneF32, PlaneU8
from data.image.measures import area_mean, quantile

# Pixels along a side of the cells whose gradient energies are summed; three by three cells make a window, which is
# wider than a streak and narrower than an object.
STRUCTURE_CELL = 3
# Squared grey levels a pixel: the gradient energy of 8-bit rounding and compression, below which nothing is compared.
STRUCTURE_FLOOR = 4.0
# Natural logarithm of a ratio of energies: beyond it, more is not better evidence.
MAX_LOG_RATIO = 3.0
# Pixels along the side of the dark channel's patch (He, Sun and Tang, 2009, use 15 on larger images).
DARK_PATCH = 9
# Grey levels that the dark channel must rise for a loss of contrast to count as a veil in full.
FULL_VEIL = 10.0


@dataclass(frozen=True, slots=True)
class Structure:
    """Which of two aligned images shows more than the other, and which one is veiled.

    Attributes:
        extra: Where the images' local gradients do not explain each other: mean natural logarithm of the ratio of their
            energies, input over target, once the contrast of what they share is made equal. Positive: the input
            has structure of its own, as rain and snow add it, and noise that haze has brought out.
        veil: Where they do explain each other: contrast that the input lost while its dark channel rose, as haze does;
            negative where the target did.
        contrast: Natural logarithm of the energy ratio of the structure that both share, input over target.
        incoherence: Share of local structure that the images do not have in common, 0 to 1.
    """

    extra: float
    veil: float
    contrast: float
    incoherence: float


def compare_structure(degraded: ImageU8, target: ImageU8, luma_input: PlaneU8, luma_target: PlaneU8) -> Structure:
    """Compares the local structure of two aligned images.

    Gradient energy alone says nothing: rain raises it and haze lowers it. But rain is not correlated with the scene
    while haze is a local gain on it, so that coherence tells which of the two an energy ratio speaks of.

    Args:
        degraded: [H, W, 3] uint8 RGB.
        target: [H, W, 3] uint8 RGB, the same H and W.
        luma_input: [H, W] uint8, luma of the input.
        luma_target: [H, W] uint8, luma of the target.
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
    return Structure(extra, float(-(coherence * ratio * veiled).mean()), contrast, float(1 - coherence.mean()))


def _local_energies(degraded: PlaneU8, target: PlaneU8) -> tuple[PlaneF32, PlaneF32, PlaneF32]:
    """Returns, for each cell's window, the gradient energy of the input, the shared one, and that of the target."""
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
    """Returns the dark channel at the middle of every cell."""
    red, green, blue = cv2.split(rgb)
    darkest = cv2.erode(cv2.min(cv2.min(red, green), blue), np.ones((DARK_PATCH, DARK_PATCH), np.uint8))
    rows, columns = darkest.shape[0] // STRUCTURE_CELL, darkest.shape[1] // STRUCTURE_CELL
    middle = STRUCTURE_CELL // 2
    return darkest[middle::STRUCTURE_CELL, middle::STRUCTURE_CELL][:rows, :columns].astype(np.float32)
