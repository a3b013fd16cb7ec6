"""Cues that say which of two aligned images is the degraded one.

Each cue but the energies changes its sign when the images are exchanged, and is positive where the input has more of what it
names. No cue decides alone: rain adds structure, haze takes contrast, a defocus takes detail. `checks.roles` weighs them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.pair_validator.measuring.block_energies import (
    BlockEnergies,
    Gradient,
    block_energies,
    block_means,
    whole_blocks,
)
from data.image.arrays import ImageU8, PlaneF32, PlaneU8
from data.image.luma import luma_full_range
from data.image.measures import quantile

# Side in pixels of the dark channel's patch; He, Sun and Tang use 15 on larger images.
_DARK_PATCH = 9
# Mean luma of blocks that are neither black nor white: where one image is clipped, its structure is gone, whatever the weather.
_CLIPPED = (6, 247)
# Side of the neighbourhood in which the difference of the images is compared with its mean, pixels of the half size.
_NEIGHBOURHOOD = 9
# Slope of the spectrum (see `RoleCues.softness`) below which an image counts as soft: sharp photographs lie above.
_SOFT_SLOPE = -1.1
# The finest and the coarsest of the scales.
_FINE, _COARSE = 0, 2


@dataclass(frozen=True, slots=True)
class RoleCues:
    """Cues on the roles of two aligned images.

    Attributes:
        own_structure: Where the gradients are incoherent, mean log ratio of their energies, input over target, after the
            contrast of the shared structure is made equal. Rain, snow, drops and noise add structure of their own.
        streaks: Log ratio of the gradient energies along and across the main direction of the difference, input over target,
            times how directed the difference is. Rain has one direction.
        bright_tail: Asymmetry of the difference after its local mean is taken away, -1 to 1. Rain and snow are brighter than
            what they hide.
        veiling: Contrast that the input lost in coherent blocks whose dark channel rose, as in haze; a tone curve raises no
            dark block much.
        softness: How far the spectrum of the input falls below that of a sharp photograph, less the same of the target, as far
            as the shared structure has lost fine contrast too; little where the images have much structure of their own. A
            defocus softens.
        coupling: Correlation of the energy of the difference with that of the input, less that with the target.
        fine_contrast: Log ratio of the energies of coherent blocks, fine over coarse scale, input over target.
        fine_energy: Log ratio of the mean energies at the finest scale, input over target.
        input_flat_energy: Gradient energy of the flattest tenth of the input, squared grey levels: noise fills flat places.
        target_flat_energy: The same of the target.
        input_slope: Log ratio of the mean energies of the input, fine over coarse scale: low in soft images.
        target_slope: The same of the target.
    """

    own_structure: float
    streaks: float
    bright_tail: float
    veiling: float
    softness: float
    coupling: float
    fine_contrast: float
    fine_energy: float
    input_flat_energy: float
    target_flat_energy: float
    input_slope: float
    target_slope: float


def measure_cues(degraded: ImageU8, target: ImageU8) -> RoleCues:
    """Measures the cues of two aligned images.

    Args:
        degraded: uint8 RGB [H, W, 3], at least one block of `block_energies` high and wide.
        target: uint8 RGB, the same size.

    Returns:
        The cues.
    """
    degraded, target = whole_blocks(degraded), whole_blocks(target)
    luma_input, luma_target = luma_full_range(degraded), luma_full_range(target)
    energies, gradients = block_energies(luma_input, luma_target)
    usable = _unclipped(block_means(luma_input), block_means(luma_target))
    extra, own = _own_structure(energies, usable)
    slopes = [float(np.log(side[_FINE].mean() / side[_COARSE].mean())) for side in (energies.input, energies.target)]
    flat = [quantile(side[_FINE], 0.1) for side in (energies.input, energies.target)]
    fine = _fine_contrast(energies)
    return RoleCues(
        own_structure=extra,
        streaks=_streaks(gradients[1]),
        bright_tail=_bright_tail(luma_input, luma_target),
        veiling=_veil(degraded, target, energies),
        softness=_softness(slopes, fine, own),
        coupling=_coupling(energies),
        fine_contrast=fine,
        fine_energy=float(np.log(energies.input[_FINE].mean() / energies.target[_FINE].mean())),
        input_flat_energy=flat[0],
        target_flat_energy=flat[1],
        input_slope=slopes[0],
        target_slope=slopes[1],
    )


def _unclipped(means_input: PlaneU8, means_target: PlaneU8) -> NDArray[np.bool_]:
    low, high = _CLIPPED
    darker, brighter = np.minimum(means_input, means_target), np.maximum(means_input, means_target)
    usable = ((darker > low) & (brighter < high)).ravel()
    return usable if usable.sum() >= 8 else np.ones_like(usable)


def _own_structure(energies: BlockEnergies, usable: NDArray[np.bool_]) -> tuple[float, float]:
    """Returns the extra structure, and the share of structure at the coarsest scale that is not shared."""
    values, own = [], 0.0
    for coherence, ratio in zip(energies.coherence[:, usable], energies.log_ratio[:, usable], strict=True):
        common = coherence > max(0.6, quantile(coherence, 0.7))
        known = float(common.mean())
        contrast = float(np.median(ratio[common])) * known / (known + 0.05) if known else 0.0
        alone = 1 - coherence
        alone = alone * alone * alone  # numpy's power takes several times as long
        own = float(alone.mean())
        values.append(float((alone * (ratio - contrast)).mean()) / (own + 0.03))
    return float(np.mean(values)), own


def _veil(degraded: ImageU8, target: ImageU8, energies: BlockEnergies) -> float:
    """Compares the dark channels: He, Sun and Tang, 2011, doi:10.1109/TPAMI.2010.168."""
    dark_input, dark_target = (
        block_means(_dark_channel(image)).astype(np.float32).ravel() for image in (degraded, target)
    )
    rise = dark_input - dark_target
    contrast = energies.coherence[_COARSE] * energies.log_ratio[_COARSE]
    # A tone curve moves bright places most, a veil dark ones.
    weight = np.clip((np.abs(rise) - 10) / 30, 0, 1) * np.exp(-np.minimum(dark_input, dark_target) / 60)
    return float(-(contrast * weight * (contrast * rise < 0)).mean())


def _dark_channel(rgb: ImageU8) -> PlaneU8:
    red, green, blue = cv2.split(rgb)
    return cv2.erode(cv2.min(cv2.min(red, green), blue), np.ones((_DARK_PATCH, _DARK_PATCH), np.uint8))


def _streaks(gradient: Gradient) -> float:
    difference = tuple(cv2.subtract(*sides) for sides in zip(gradient.input, gradient.target, strict=True))
    tensors = [_tensor(sides) for sides in (gradient.input, gradient.target, (difference[0], difference[1]))]
    across, along, mixed = tensors[2]
    angle = 0.5 * np.arctan2(2 * mixed, across - along)
    directed = np.hypot(across - along, 2 * mixed) / (across + along + 4)
    ratios = [_along(tensor, angle) for tensor in tensors[:2]]
    return float(directed * (ratios[0] - ratios[1]))


def _tensor(sides: tuple[NDArray[np.int16], NDArray[np.int16]]) -> tuple[float, float, float]:
    """Returns the means of the squares and of the product of a gradient, in squared grey levels per pixel."""
    across, along, both = (cv2.norm(part, cv2.NORM_L2SQR) for part in (*sides, cv2.add(*sides)))
    scale = 1 / (256 * sides[0].size)
    return across * scale, along * scale, (both - across - along) / 2 * scale


def _along(tensor: tuple[float, float, float], angle: float) -> float:
    """Returns the log ratio of the energies along an angle and across it."""
    across, along, mixed = tensor
    cosine, sine = np.cos(angle), np.sin(angle)
    first = across * cosine**2 + along * sine**2 + 2 * mixed * cosine * sine
    second = across * sine**2 + along * cosine**2 - 2 * mixed * cosine * sine
    return float(np.log((first + 4) / (second + 4)))


def _bright_tail(luma_input: PlaneU8, luma_target: PlaneU8) -> float:
    height, width = luma_input.shape
    half = (width // 2, height // 2)
    small, small_target = (cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (luma_input, luma_target))
    difference = cv2.subtract(small, small_target, dtype=cv2.CV_16S)
    local = cv2.subtract(difference, cv2.blur(difference, (_NEIGHBOURHOOD, _NEIGHBOURHOOD)))
    values = local.ravel()[::3].astype(np.float32)
    low, high = quantile(values, 0.005), quantile(values, 0.995)
    return (high + low) / (high - low + 4)


def _softness(slopes: list[float], fine: float, own: float) -> float:
    softer = max(_SOFT_SLOPE - slopes[0], 0.0) - max(_SOFT_SLOPE - slopes[1], 0.0)
    softer *= 1 - own
    # A smooth target under rain is no blurred one: what both show is as fine in it.
    return math.copysign(min(abs(softer), abs(fine) / 2), softer) if softer * fine < 0 else 0.0


def _coupling(energies: BlockEnergies) -> float:
    difference = np.log(energies.difference)
    sides = [np.log(side) for side in (energies.input, energies.target)]
    values = [
        _correlation(difference[scale], sides[0][scale]) - _correlation(difference[scale], sides[1][scale])
        for scale in range(len(difference))
    ]
    return float(np.mean(values))


def _correlation(one: PlaneF32, other: PlaneF32) -> float:
    one, other = one - one.mean(), other - other.mean()
    return float((one * other).sum() / np.sqrt((one * one).sum() * (other * other).sum() + 1e-9))


def _fine_contrast(energies: BlockEnergies) -> float:
    """Returns a median over blocks, weighted by their coherence and their energy at the coarsest scale."""
    weaker = np.minimum(energies.input[_COARSE], energies.target[_COARSE])
    weight = np.square(energies.coherence[_COARSE] * weaker / (weaker + 50))
    ratio = energies.log_ratio[_FINE] - energies.log_ratio[_COARSE]
    order = np.argsort(ratio, kind="stable")
    total = np.cumsum(weight[order])
    return float(ratio[order][min(np.searchsorted(total, total[-1] / 2), len(order) - 1)])
