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
    BLOCK,
    BlockEnergies,
    Gradient,
    block_energies,
    gradient_of,
    whole_blocks,
)
from data.image.arrays import ImageU8, PlaneF32, PlanesF32, PlaneU8
from data.image.luma import LumaPlanes, halved, luma_planes
from data.image.measures import area_mean, quantile, quantiles

# The dark channel's patch, in pixels; He, Sun and Tang use 15 on larger images.
_DARK_PATCH = np.ones((9, 9), np.uint8)
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


def measure_cues(degraded: ImageU8, target: ImageU8, lumas: tuple[LumaPlanes, LumaPlanes] | None = None) -> RoleCues:
    """Measures the cues of two aligned images.

    Args:
        degraded: uint8 RGB [H, W, 3], at least one block of `block_energies` high and wide.
        target: uint8 RGB, the same size.
        lumas: Luma of both; taken from the images where omitted.

    Returns:
        The cues.
    """
    luma_input, luma_target = lumas or (luma_planes(degraded), luma_planes(target))
    part = whole_blocks(degraded.shape)
    half = tuple(slice(each.stop // 2) for each in part)
    halves = (luma_input.half[half], luma_target.half[half])
    quarters = (halved(halves[0]), halved(halves[1]))
    energies = block_energies([(luma_input.full[part], luma_target.full[part]), halves, quarters])
    usable = _unclipped(_block_means(luma_input.values[part]), _block_means(luma_target.values[part]))
    extra, own = _own_structure(energies, usable)
    slopes = [float(np.log(side[_FINE].mean() / side[_COARSE].mean())) for side in (energies.input, energies.target)]
    flat = [quantile(side[_FINE], 0.1) for side in (energies.input, energies.target)]
    fine = _fine_contrast(energies)
    return RoleCues(
        own_structure=extra,
        streaks=_streaks(*(gradient_of(half) for half in halves)),
        bright_tail=_bright_tail(*halves),
        veiling=_veil(degraded[part], target[part], energies),
        softness=_softness(slopes, fine, own),
        coupling=_coupling(energies),
        fine_contrast=fine,
        fine_energy=float(np.log(energies.input[_FINE].mean() / energies.target[_FINE].mean())),
        input_flat_energy=flat[0],
        target_flat_energy=flat[1],
        input_slope=slopes[0],
        target_slope=slopes[1],
    )


def _block_means(plane: PlaneF32 | PlaneU8) -> PlaneF32:
    """Returns the means of blocks, rounded, [rows * columns]."""
    return np.rint(area_mean(plane, BLOCK)).ravel()


def _unclipped(means_input: PlaneF32, means_target: PlaneF32) -> NDArray[np.bool_]:
    low, high = _CLIPPED
    darker, brighter = np.minimum(means_input, means_target), np.maximum(means_input, means_target)
    usable = (darker > low) & (brighter < high)
    return usable if usable.sum() >= 8 else np.ones_like(usable)


def _own_structure(energies: BlockEnergies, usable: NDArray[np.bool_]) -> tuple[float, float]:
    """Returns the extra structure, and the share of structure at the coarsest scale that is not shared."""
    values, own = [], 0.0
    for coherence, ratio in zip(energies.coherence[:, usable], energies.log_ratio[:, usable], strict=True):
        common = coherence > max(0.6, quantile(coherence, 0.7))
        known = np.count_nonzero(common) / len(common)
        contrast = quantile(ratio[common], 0.5) * known / (known + 0.05) if known else 0.0
        alone = 1 - coherence
        alone = alone * alone * alone  # numpy's power takes several times as long
        own = float(alone.mean())
        values.append(float((alone * (ratio - contrast)).mean()) / (own + 0.03))
    return float(np.mean(values)), own


def _veil(degraded: ImageU8, target: ImageU8, energies: BlockEnergies) -> float:
    """Compares the dark channels: He, Sun and Tang, 2011, doi:10.1109/TPAMI.2010.168."""
    dark_input, dark_target = (_block_means(_dark_channel(image)) for image in (degraded, target))
    rise = dark_input - dark_target
    contrast = energies.coherence[_COARSE] * energies.log_ratio[_COARSE]
    # A tone curve moves bright places most, a veil dark ones.
    weight = np.clip((np.abs(rise) - 10) / 30, 0, 1) * np.exp(-np.minimum(dark_input, dark_target) / 60)
    return float(-(contrast * weight * (contrast * rise < 0)).mean())


def _dark_channel(rgb: ImageU8) -> PlaneU8:
    red, green, blue = cv2.split(rgb)
    return cv2.erode(cv2.min(cv2.min(red, green), blue), _DARK_PATCH)


def _streaks(of_input: Gradient, of_target: Gradient) -> float:
    tensors = [_tensor(gradient) for gradient in (of_input, of_target, of_input - of_target)]
    across, along, mixed = tensors[2]
    angle = 0.5 * np.arctan2(2 * mixed, across - along)
    directed = np.hypot(across - along, 2 * mixed) / (across + along + 4)
    ratios = [_along(tensor, angle) for tensor in tensors[:2]]
    return float(directed * (ratios[0] - ratios[1]))


def _tensor(gradient: Gradient) -> tuple[float, float, float]:
    """Returns the means of the squares and of the product of a gradient, in squared grey levels per pixel."""
    across, along = gradient[0].ravel(), gradient[1].ravel()
    scale = 1 / (256 * across.size)
    return tuple(
        float(np.einsum("n,n->", *both)) * scale for both in ((across, across), (along, along), (across, along))
    )


def _along(tensor: tuple[float, float, float], angle: float) -> float:
    """Returns the log ratio of the energies along an angle and across it."""
    across, along, mixed = tensor
    cosine, sine = np.cos(angle), np.sin(angle)
    first = across * cosine**2 + along * sine**2 + 2 * mixed * cosine * sine
    second = across * sine**2 + along * cosine**2 - 2 * mixed * cosine * sine
    return float(np.log((first + 4) / (second + 4)))


def _bright_tail(half_input: PlaneU8, half_target: PlaneU8) -> float:
    difference = cv2.subtract(half_input, half_target, dtype=cv2.CV_16S)
    local = cv2.subtract(difference, cv2.blur(difference, (_NEIGHBOURHOOD, _NEIGHBOURHOOD)))
    low, high = quantiles(local.ravel()[::3].astype(np.float32), (0.005, 0.995))
    return (high + low) / (high - low + 4)


def _softness(slopes: list[float], fine: float, own: float) -> float:
    softer = max(_SOFT_SLOPE - slopes[0], 0.0) - max(_SOFT_SLOPE - slopes[1], 0.0)
    softer *= 1 - own
    # A smooth target under rain is no blurred one: what both show is as fine in it.
    return math.copysign(min(abs(softer), abs(fine) / 2), softer) if softer * fine < 0 else 0.0


def _coupling(energies: BlockEnergies) -> float:
    difference = _centred(np.log(energies.difference))
    sides = [_correlations(difference, _centred(side)) for side in (energies.log_input, energies.log_target)]
    return float((sides[0] - sides[1]).mean())


def _centred(values: PlanesF32) -> PlanesF32:
    return values - values.mean(axis=1, keepdims=True)


def _correlations(one: PlanesF32, other: PlanesF32) -> NDArray[np.float32]:
    """Returns the correlation of centred values at each scale, [SCALES]."""
    products = [np.einsum("sn,sn->s", *both) for both in ((one, other), (one, one), (other, other))]
    return np.asarray(products[0] / np.sqrt(products[1] * products[2] + 1e-9))


def _fine_contrast(energies: BlockEnergies) -> float:
    """Returns a median over blocks, weighted by their coherence and their energy at the coarsest scale."""
    weaker = np.minimum(energies.input[_COARSE], energies.target[_COARSE])
    weight = np.square(energies.coherence[_COARSE] * weaker / (weaker + 50))
    ratio = energies.log_ratio[_FINE] - energies.log_ratio[_COARSE]
    order = np.argsort(ratio, kind="stable")
    total = np.cumsum(weight[order])
    return float(ratio[order][min(np.searchsorted(total, total[-1] / 2), len(order) - 1)])
