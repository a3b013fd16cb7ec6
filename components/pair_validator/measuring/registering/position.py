"""Measures how the input lies on its target: as a whole, and place by place."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from components.pair_validator.measuring.planes import Planes
from components.pair_validator.measuring.registering.affine import Affine, AffineFit, identity, similarity, undo
from components.pair_validator.measuring.registering.coarse_registration import search
from components.pair_validator.measuring.registering.places import (
    SUPPORTING,
    DisplacedRegion,
    Places,
    displaced_region,
    find_places,
)
from components.pair_validator.measuring.registering.registration import Registration, register
from data.image.arrays import PlaneU8

SEARCH_BELOW_SNR = 25.0
"""Peak of all blocks, in standard deviations, below which a search starts; aligned pairs exceed it in the heaviest rain."""

SEARCH_BELOW_AGREEMENT = 0.5
"""Share of the blocks' weight that agrees, below which a search starts."""

# A pair is aligned without asking the blocks, which takes longer, where this share of the places agrees with an affine map that
# displaces centre and corners by less than this, in pixels, and the match is as high as this, in standard deviations.
SURE_SHARE, SURE_MATCH, SURE_ERROR, SURE_CENTRE, SURE_CORNER = 0.85, 40.0, 0.3, 0.15, 0.5
# Evidence for the displacement of any place, in standard deviations, from which all places are asked and not every second one:
# half of what a place needs to support its neighbour.
DOUBTFUL = SUPPORTING / 2
# Share of the places that agree with an affine map, from which it is a start for the search.
START_SHARE = 0.4
_IDENTITY = np.eye(2)
# Rounds in which an affine map is refined.
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Position:
    """How the input lies on its target.

    Attributes:
        whole: Shift, zoom and rotation of the whole, with their error and evidence.
        aspect: Relative growth of the width over that of the height.
        shear: Growth of the one diagonal over that of the other.
        shape_error: Standard error of the displacement of the outermost place by aspect and shear, pixels.
        shape_share: Share of the weight of the clear places that agrees with shift, zoom, rotation, aspect and shear.
        displaced: The region whose places lie elsewhere than their target has them; None where there is none.
        places: Number of places.
    """

    whole: Registration
    aspect: float
    shear: float
    shape_error: float
    shape_share: float
    displaced: DisplacedRegion | None
    places: int


def measure_position(input_planes: Planes, target_planes: Planes) -> Position:
    """Measures how the input lies on its target.

    Args:
        input_planes: The input.
        target_planes: The target, of the same size.

    Returns:
        The position.
    """
    input_luma, target_luma = input_planes.full, target_planes.full
    halves = input_planes.half, target_planes.half
    places = find_places(input_luma, target_luma, halves, thinned=True)
    fit = places.fit()
    whole = None if fit is None else _aligned(places, fit, input_luma.shape)
    displaced = None
    if whole is None or places.evidence(fit)[0].max() >= DOUBTFUL:
        places = find_places(input_luma, target_luma, halves)
        fit = places.fit()
        displaced = displaced_region(places, fit, input_luma.shape)
        whole = None if displaced or fit is None else _aligned(places, fit, input_luma.shape)
    if whole is None:
        whole = register(input_luma, target_luma)
    affine, error, share = (fit.affine, fit.error, fit.share) if fit else (identity(), 0.0, 0.0)
    if whole.peak_snr < SEARCH_BELOW_SNR or whole.agreeing < SEARCH_BELOW_AGREEMENT:
        whole, affine, error, share = _search(input_luma, target_luma, whole, places) or (whole, affine, error, share)
    if share >= SURE_SHARE and affine is not (fit.affine if fit else None):
        # The map that the search found is that of nearly all places: none of them is displaced by itself.
        displaced = None
    return Position(whole, affine.aspect, affine.shear, error, share, displaced, len(places.centres))


def _aligned(places: Places, fit: AffineFit, shape: tuple[int, ...]) -> Registration | None:
    """Returns the registration of a pair whose places are clearly aligned; None where the blocks have to be asked."""
    if fit.share < SURE_SHARE or fit.error >= SURE_ERROR:
        return None
    match = places.match
    shift_y, shift_x = fit.affine.shift.tolist()
    if match < SURE_MATCH or math.hypot(shift_y, shift_x) >= SURE_CENTRE:
        return None
    (a, b), (c, d) = (fit.affine.matrix - _IDENTITY).tolist()
    height, width = shape[0] / 2, shape[1] / 2
    # Opposite corners lie as far from the centre, to the other side.
    grown = ((a * height + side * b * width, c * height + side * d * width) for side in (-1, 1))
    corner = max(math.hypot(sign * y + shift_y, sign * x + shift_x) for y, x in grown for sign in (-1, 1))
    if corner >= SURE_CORNER:
        return None
    return Registration(
        shift_y=shift_y,
        shift_x=shift_x,
        zoom=fit.affine.zoom,
        rotation=fit.affine.rotation,
        peak_snr=match,
        identity_snr=match,
        opposite_snr=match,
        fit_error=fit.error,
        blocks=len(places.centres),
        agreeing=fit.share,
    )


def _search(
    input_luma: PlaneU8, target_luma: PlaneU8, by_blocks: Registration, places: Places
) -> tuple[Registration, Affine, float, float] | None:
    """Returns the registration by the best affine map that was found, with that map, its error and its share.

    Args:
        input_luma: uint8 [H, W].
        target_luma: uint8 [H, W].
        by_blocks: The registration by blocks alone.
        places: The places without any map.

    Returns:
        None where no map matches better than `by_blocks`.
    """
    fit = places.fit()
    starts = [fit.affine] if fit is not None and fit.share >= START_SHARE else []
    best = None
    for start in (*starts, None):
        if best is not None:
            break
        best = _refined(input_luma, target_luma, start or search(input_luma, target_luma), by_blocks)
    return best


def _refined(
    input_luma: PlaneU8, target_luma: PlaneU8, affine: Affine, by_blocks: Registration
) -> tuple[Registration, Affine, float, float] | None:
    error, share = 0.0, 0.0
    for _ in range(ROUNDS):
        fit = find_places(undo(input_luma, affine), target_luma).fit()
        if fit is None:
            break
        affine, error, share = affine.then(fit.affine), fit.error, fit.share
        if np.abs(fit.affine.matrix - np.eye(2)).max() < 2e-3 and np.hypot(*fit.affine.shift) < 1:
            break
    rest = register(undo(input_luma, affine), target_luma)
    if rest.peak_snr <= by_blocks.peak_snr or rest.agreeing < SEARCH_BELOW_AGREEMENT:
        return None
    affine = affine.then(similarity((rest.shift_y, rest.shift_x), rest.zoom, rest.rotation))
    whole = replace(
        rest,
        shift_y=float(affine.shift[0]),
        shift_x=float(affine.shift[1]),
        zoom=affine.zoom,
        rotation=affine.rotation,
        identity_snr=by_blocks.identity_snr,
    )
    return whole, affine, error, share
