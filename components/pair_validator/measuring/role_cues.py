"""Cues that say which of two aligned images is the degraded one.

Each cue but the energies changes its sign when the images are exchanged, and is positive where the input has more of what it
names. No cue decides alone: rain adds structure, haze takes contrast, a defocus takes detail. `checks.roles` weighs them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.pair_validator.measuring.block_energies import (
    BLOCK,
    FLOOR,
    SCALES,
    BlockEnergies,
    Gradients,
    band_gradients,
    band_step,
    block_energies,
    joined_bands,
    whole_blocks,
)
from components.pair_validator.measuring.planes import Planes
from components.pair_validator.measuring.veil import veiling
from data.image.arrays import PlaneF32, PlanesF32, PlaneU8
from data.image.measures import area_mean, quantile

# Side of a block in pixels of a quarter of the size.
_COARSE_BLOCK = BLOCK // 4
# Mean luma of blocks that are neither black nor white: where one image is clipped, its structure is gone, whatever the weather.
_CLIPPED = (6, 247)
# Side of the neighbourhood in which the difference of the images is compared with its mean, pixels of the half size.
_NEIGHBOURHOOD = 9
# Bound on a difference less its local mean, grey levels, and the share of the tails of its values.
_LARGEST_LOCAL, _TAIL = 510, 0.005
# Slope of the spectrum (see `RoleCues.softness`) below which an image counts as soft: sharp photographs lie above.
_SOFT_SLOPE = -1.1
# Blocks count as shared structure where they are more coherent than this, and than this share of all blocks.
_COHERENT, _COHERENT_SHARE = 0.6, 0.7
# Energy that is rounding, of the sum over all blocks, and the rest of the floor: it keeps ratios finite, and stands for a
# regression of 1.
_ROUNDING, _LEAST_SHARED = 0.95 * FLOOR, 0.05 * FLOOR
# The scales: full, half and quarter size.
_FINE, _MIDDLE, _COARSE = range(SCALES)


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
        shared_sharpness: Log ratio of the regressions of the input's gradients on the target's, fine over coarse: positive
            where a target is a blurred input; streaks and noise follow nothing, and leave it near 0.
        hiding_energy: `fine_energy` of what exceeds rounding: how far structure of the input may hide all that a target has.
        input_flat_energy: Gradient energy of the flattest tenth of the input, squared grey levels: noise fills flat places.
        target_flat_energy: The same of the target.
        target_flat_coherence: Mean squared coherence of the gradients in the flattest tenth of the target, 0 to 1: low where
            noise of its own fills them, high where both images show the same texture.
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
    shared_sharpness: float
    hiding_energy: float
    input_flat_energy: float
    target_flat_energy: float
    target_flat_coherence: float
    input_slope: float
    target_slope: float


def measure_cues(degraded: Planes, target: Planes) -> RoleCues:
    """Measures the cues of two aligned images, in the rows of blocks that `band_step` chooses.

    Args:
        degraded: The input, at least one block of `block_energies` high and wide.
        target: The target, the same size.

    Returns:
        The cues.
    """
    step = band_step(degraded.full.shape)
    rows, columns = whole_blocks(degraded.full.shape)
    scales = []
    for scale, both in enumerate(zip(_lumas(degraded), _lumas(target), strict=True)):
        part = slice(rows.stop >> scale), slice(columns.stop >> scale)
        scales.append(band_gradients(both[0][part], both[1][part], BLOCK >> scale, step))
    energies = block_energies(scales)
    usable = _unclipped(*_block_means((degraded.quarter, target.quarter), step))
    extra, own = _own_structure(energies, usable)
    count = energies.input.shape[1]
    means = [(np.einsum("sn->s", side) / count).tolist() for side in (energies.input, energies.target)]
    slopes = [math.log(side[_FINE] / side[_COARSE]) for side in means]
    flat = [quantile(side[_FINE], 0.1) for side in (energies.input, energies.target)]
    fine = _fine_contrast(energies)
    contrast = energies.coherence[_COARSE] * energies.log_ratio[_COARSE]
    return RoleCues(
        own_structure=extra,
        streaks=_streaks(
            scales[_MIDDLE], [mean[_MIDDLE] - FLOOR for mean in means], float(energies.mean_product[_MIDDLE])
        ),
        bright_tail=_bright_tail(degraded.half, target.half),
        veiling=veiling([image.pixels[rows, columns] for image in (degraded, target)], contrast, step),
        softness=_softness(slopes, fine, own),
        coupling=_coupling(energies),
        fine_contrast=fine,
        fine_energy=math.log(means[0][_FINE] / means[1][_FINE]),
        shared_sharpness=_shared_sharpness(energies.mean_product, means[1]),
        hiding_energy=math.log((count * means[0][_FINE] - _ROUNDING) / (count * means[1][_FINE] - _ROUNDING)),
        input_flat_energy=flat[0],
        target_flat_energy=flat[1],
        target_flat_coherence=float(energies.coherence[_FINE][energies.target[_FINE] <= flat[1]].mean()),
        input_slope=slopes[0],
        target_slope=slopes[1],
    )


def _lumas(image: Planes) -> tuple[PlaneU8, PlaneU8, PlaneU8]:
    return image.full, image.half, image.quarter


def _block_means(quarters: Sequence[PlaneU8], step: int) -> PlanesF32:
    """Returns the means of the blocks of the measured rows, rounded, [P, N], from planes of a quarter of the size."""
    rows, columns = (max(_COARSE_BLOCK, side // _COARSE_BLOCK * _COARSE_BLOCK) for side in quarters[0].shape)
    joined = joined_bands([quarter[:rows, :columns] for quarter in quarters], _COARSE_BLOCK, step)
    return np.rint(area_mean(joined, _COARSE_BLOCK)).reshape(len(quarters), -1)


def _unclipped(means_input: PlaneF32, means_target: PlaneF32) -> NDArray[np.bool_]:
    low, high = _CLIPPED
    darker, brighter = np.minimum(means_input, means_target), np.maximum(means_input, means_target)
    usable = (darker > low) & (brighter < high)
    return usable if usable.sum() >= 8 else np.ones_like(usable)


def _own_structure(energies: BlockEnergies, usable: NDArray[np.bool_]) -> tuple[float, float]:
    """Returns the extra structure, and the share of structure at the coarsest scale that is not shared."""
    coherences, ratios = (
        each if usable.all() else each[:, usable] for each in (energies.coherence, energies.log_ratio)
    )
    alone = 1 - coherences
    alone = alone * alone * alone  # numpy's power takes several times as long
    count = alone.shape[1]
    own = np.einsum("sn->s", alone) / count
    extra = np.einsum("sn,sn->s", alone, ratios) / count
    limits = np.maximum(np.float32(_COHERENT), _row_quantiles(coherences, _COHERENT_SHARE))
    contrasts = np.zeros(SCALES, np.float32)
    for scale, common in enumerate(coherences > limits[:, None]):
        shared = ratios[scale][common]
        if shared.size:
            known = shared.size / count
            contrasts[scale] = quantile(shared, 0.5) * known / (known + 0.05)
    return float(((extra - contrasts * own) / (own + np.float32(0.03))).sum()) / SCALES, float(own[-1])


def _row_quantiles(values: PlanesF32, share: float) -> NDArray[np.float32]:
    """Returns a quantile of each row with linear interpolation, [rows]."""
    position = share * (values.shape[1] - 1)
    low = int(position)
    high = min(low + 1, values.shape[1] - 1)
    parted = np.partition(values, (low, high), axis=1)
    return parted[:, low] + np.float32(position - low) * (parted[:, high] - parted[:, low])


def _streaks(gradients: Gradients, energies: Sequence[float], product: float) -> float:
    """Returns the cue from the gradients, their mean energies in input and target, and their mean product."""
    (x, y), (target_x, target_y) = gradients.input, gradients.target
    mixed = [
        _product(x, y),
        _product(target_x, target_y),
        (_product(x, target_y) + _product(y, target_x)) / 2,
    ]
    across = [_product(x, x), _product(target_x, target_x), _product(x, target_x)]
    along = [whole - part for whole, part in zip((*energies, product), across, strict=True)]
    tensors = list(zip(across, along, mixed, strict=True))
    across_change, along_change, mixed_change = (
        one + other - 2 * both for one, other, both in zip(*tensors, strict=True)
    )
    across_change, along_change = max(0.0, across_change), max(0.0, along_change)
    angle = 0.5 * math.atan2(2 * mixed_change, across_change - along_change)
    directed = math.hypot(across_change - along_change, 2 * mixed_change) / (across_change + along_change + 4)
    ratios = [_along(tensor, angle) for tensor in tensors[:2]]
    return directed * (ratios[0] - ratios[1])


def _product(one: PlanesF32, other: PlanesF32) -> float:
    """Returns the mean product of two components of gradients, in squared grey levels per pixel."""
    return float(np.einsum("nkw,nkw->", one, other)) / (256 * one.size)


def _along(tensor: tuple[float, float, float], angle: float) -> float:
    """Returns the log ratio of the energies along an angle and across it."""
    across, along, mixed = tensor
    cosine, sine = math.cos(angle), math.sin(angle)
    first = across * cosine**2 + along * sine**2 + 2 * mixed * cosine * sine
    second = across * sine**2 + along * cosine**2 - 2 * mixed * cosine * sine
    return math.log((first + 4) / (second + 4))


def _bright_tail(half_input: PlaneU8, half_target: PlaneU8) -> float:
    difference = np.subtract(half_input, half_target, dtype=np.int16)
    local = difference - cv2.blur(difference, (_NEIGHBOURHOOD, _NEIGHBOURHOOD))
    low, high = _tails(local.ravel()[::3])
    return (high + low) / (high - low + 4)


def _tails(values: NDArray[np.int16]) -> tuple[float, float]:
    """Returns the quantiles of `_TAIL` and 1 - `_TAIL` as numpy's own, of values up to `_LARGEST_LOCAL`, by counting them."""
    below = np.cumsum(np.bincount(values + _LARGEST_LOCAL))
    position = _TAIL * (values.size - 1)
    first, last = int(position), values.size - 1 - int(position)
    ranks = (first, min(first + 1, last), max(last - 1, first), last)
    low, after, before, high = (np.searchsorted(below, ranks, side="right") - _LARGEST_LOCAL).tolist()
    part = position - first
    return low + part * (after - low), high + part * (before - high)


def _softness(slopes: list[float], fine: float, own: float) -> float:
    softer = max(_SOFT_SLOPE - slopes[0], 0.0) - max(_SOFT_SLOPE - slopes[1], 0.0)
    softer *= 1 - own
    # A smooth target under rain is no blurred one: what both show is as fine in it.
    return math.copysign(min(abs(softer), abs(fine) / 2), softer) if softer * fine < 0 else 0.0


def _coupling(energies: BlockEnergies) -> float:
    difference = _centred(np.log(energies.difference))
    own = _energy(difference)
    sides = [_correlations(difference, own, _centred(side)) for side in (energies.log_input, energies.log_target)]
    return float((sides[0] - sides[1]).mean())


def _centred(values: PlanesF32) -> PlanesF32:
    return values - np.einsum("sn->s", values)[:, None] / np.float32(values.shape[1])


def _energy(values: PlanesF32) -> NDArray[np.float32]:
    return np.einsum("sn,sn->s", values, values)


def _correlations(one: PlanesF32, energy: NDArray[np.float32], other: PlanesF32) -> NDArray[np.float32]:
    """Returns the correlation of centred values at each scale, [SCALES]; `energy` is that of `one`."""
    return np.asarray(np.einsum("sn,sn->s", one, other) / np.sqrt(energy * _energy(other) + np.float32(1e-9)))


def _shared_sharpness(products: NDArray[np.float32], targets: Sequence[float]) -> float:
    """Returns the log ratio of the regression of the input's gradients on the target's, fine over coarse scale.

    Args:
        products: Mean products of the gradients of both at each scale.
        targets: Mean energies of the target, with `FLOOR`.
    """
    slopes = [
        (max(0.0, float(products[scale])) + _LEAST_SHARED) / (targets[scale] - FLOOR + _LEAST_SHARED)
        for scale in (_FINE, _COARSE)
    ]
    return math.log(slopes[0] / slopes[1])


def _fine_contrast(energies: BlockEnergies) -> float:
    """Returns a median over blocks, weighted by their coherence and their energy at the coarsest scale."""
    weaker = np.minimum(energies.input[_COARSE], energies.target[_COARSE])
    weight = np.square(energies.coherence[_COARSE] * weaker / (weaker + 50))
    ratio = energies.log_ratio[_FINE] - energies.log_ratio[_COARSE]
    order = np.argsort(ratio, kind="stable")
    total = np.cumsum(weight[order])
    return float(ratio[order][min(np.searchsorted(total, total[-1] / 2), len(order) - 1)])
