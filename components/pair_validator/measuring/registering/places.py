"""Measures the displacement of each place of a picture, so that "aligned" is tested everywhere and not on the whole alone.

Places are overlapping windows on the images at half their size, each correlated by the matched filter of `correlation`.
Two hypotheses compete at a place: that it lies where its target has it, and that it lies elsewhere. The difference of the
heights of the surface at both positions, in standard deviations of the surface, is the evidence for a displacement. It is small
where neither matches (rain, flat sky, raindrops) and where both do (straight edges, repeated texture).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from components.pair_validator.measuring.registering.affine import AffineFit, Points, fit_affine
from components.pair_validator.measuring.registering.correlation import (
    CONTRAST_FLOOR,
    correlate,
    deviations,
    refine_each,
)
from data.image.arrays import PlanesF32, PlaneU8
from data.image.luma import halved

# Side of a place and step between places, in pixels of the images that are correlated.
SIDE, STEP = 64, 32
# Shorter side in pixels from which images are halved: displacements of a pixel stay visible, and a place costs a quarter.
HALVED_FROM = 192
# How many places share one independent sample of noise where places overlap by half; half as many where every second one is
# left out.
OVERLAP = 2.25
# Fewest places of which every second may be left out at first.
FEWEST_THINNED = 16
# Minimum height of a clear peak, in standard deviations of the surface: the highest of 4,096 points of noise reaches 4.
CLEAR = 6.0
# Displacement in pixels of the images from which a place counts as displaced; moving leaves stay below or match nowhere.
DISPLACED_FROM = 1.5
# Distance in pixels within which a place agrees with an affine map, and with its neighbour.
TOLERANCE = 1.5
# Share of the places that agree with an affine map, from which it is the map of the whole.
WHOLE_SHARE = 0.5
# Evidence, in standard deviations, from which a place supports a displaced neighbour.
SUPPORTING = 4.0
# Share of the height of a peak that the surface has on the other side of zero, from which there is a pair of peaks: the
# whitened correlation of a picture with its motion blur has one at each end of the motion, and nothing is displaced.
PAIRED = 0.6


@dataclass(frozen=True, slots=True)
class Places:
    """Displacements of places.

    Attributes:
        centres: (row, column) of their centres relative to the image centre, pixels, [N, 2].
        moves: Their displacements, pixels, [N, 2].
        heights: Heights of their peaks, in standard deviations, [N].
        at_identity: Heights without displacement, [N].
        side: Side of a place, (height, width) in pixels.
        surfaces: Correlation surface of each place, float32 [N, h, w], cyclic.
        noise: Standard deviations of the surfaces, [N].
        images: The images that were correlated, uint8 [h, w] each.
        corners: (top, left) of each place in them, [N, 2].
        factor: Pixels of the images per pixel of the surfaces.
        overlap: How many places share one independent sample of noise.
    """

    centres: Points
    moves: Points
    heights: NDArray[np.float64]
    at_identity: NDArray[np.float64]
    side: tuple[int, int]
    surfaces: PlanesF32
    noise: NDArray[np.float64]
    images: tuple[PlaneU8, PlaneU8]
    corners: NDArray[np.int64]
    factor: int
    overlap: float

    @property
    def match(self) -> float:
        """Height at zero displacement of all places together, in standard deviations; overlapping places count as fewer."""
        independent = len(self.at_identity) / self.overlap if len(self.at_identity) > 1 else 1.0
        return float(self.at_identity.mean() * np.sqrt(max(1.0, independent)))

    def paired(self, expected: Points) -> NDArray[np.bool_]:
        """Returns whether the peak of each place has a like on the other side of where the place is expected, [N].

        Args:
            expected: Displacements by which the places are expected to lie off, y and x in pixels, [N, 2].
        """
        mirrored = (2 * expected - self.moves) / self.factor
        corners = [self.factor * (np.floor(mirrored) + each) for each in ((0, 0), (0, 1), (1, 0), (1, 1))]
        return np.asarray(np.max([self.heights_at(each) for each in corners], axis=0) >= PAIRED * self.heights)

    def heights_at(self, moves: Points) -> NDArray[np.float64]:
        """Returns the height of each place at a displacement of its own, standard deviations, [N].

        Args:
            moves: Displacements, y and x in pixels, [N, 2]; the nearest point of the surface is read.
        """
        rows, columns = np.round(moves / self.factor).astype(np.int64).T
        height, width = self.surfaces.shape[1:]
        return np.asarray(self.surfaces[np.arange(len(moves)), rows % height, columns % width] / self.noise)

    def evidence(self, fit: AffineFit | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Returns the evidence of each place for a displacement against a fit, 0 where it is not displaced, and its distance.

        Args:
            fit: The map of the whole, where most places agree with one; otherwise each place is held against its target.

        Returns:
            The evidence in standard deviations, [N], and the distance in pixels, [N].
        """
        whole = fit is not None and fit.share >= WHOLE_SHARE
        expected = fit.affine.displacements(self.centres) if fit and whole else np.zeros_like(self.moves)
        off = np.hypot(*(self.moves - expected).T)
        displaced = (off > DISPLACED_FROM) & (self.heights >= CLEAR)
        if not displaced.any():
            return np.zeros(len(off)), off
        displaced &= ~self.paired(expected)
        return np.where(displaced, self.heights - np.maximum(self.heights_at(expected), 0), 0), off

    def contrasts(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns the standard deviation of places in the image that shows less, grey levels: below one there is only rounding.

        Args:
            chosen: Positions of the places, [C].
        """
        height, width = self.surfaces.shape[1:]
        parts = ((slice(y, y + height), slice(x, x + width)) for y, x in self.corners[chosen].tolist())
        return np.array([min(float(cv2.meanStdDev(image[part])[1][0, 0]) for image in self.images) for part in parts])

    def fit(self) -> AffineFit | None:
        """Returns the affine map that fits the places with a clear peak; None where too few agree."""
        clear = self.heights >= CLEAR
        if (np.abs(self.moves[clear]) > DISPLACED_FROM).any():
            clear &= ~(self.paired(np.zeros_like(self.moves)) & (np.hypot(*self.moves.T) > DISPLACED_FROM))
        return fit_affine(self.centres[clear], self.moves[clear], np.minimum(self.heights[clear], 30.0), TOLERANCE)


@dataclass(frozen=True, slots=True)
class DisplacedRegion:
    """A region of the input that lies off its place.

    Attributes:
        evidence: Evidence for the displacement of its clearest place that a neighbour supports, in standard deviations.
        size: Median displacement of its places, pixels.
        places: Number of its places.
        box: Top, left, bottom, right in pixels of the input.
    """

    evidence: float
    size: float
    places: int
    box: tuple[int, int, int, int]


def find_places(
    input_luma: PlaneU8,
    target_luma: PlaneU8,
    halves: tuple[PlaneU8, PlaneU8] | None = None,
    *,
    thinned: bool = False,
) -> Places:
    """Measures the displacement of each place, or of every second one.

    Args:
        input_luma: uint8 [H, W].
        target_luma: uint8 [H, W].
        halves: Both at half their size, where they are at hand (`data.image.luma.halved`).
        thinned: Leave out every second place, as the black squares of a chessboard, where there are many: those that are left
            cover the picture, and overlap at their corners.

    Returns:
        The places.
    """
    factor = 2 if min(input_luma.shape) >= HALVED_FROM else 1
    degraded, target = input_luma, target_luma
    if factor == 2:
        degraded, target = halves or (halved(input_luma), halved(target_luma))
    size = (min(SIDE, degraded.shape[0]), min(SIDE, degraded.shape[1]))
    corners = all_corners = _corners(degraded.shape, size)
    if thinned and len(all_corners) >= FEWEST_THINNED:
        corners = _thinned_corners(degraded.shape, size)
    surfaces = correlate(degraded, target, corners, size)
    noise = deviations(surfaces).astype(np.float64) + 1e-12
    peaks, heights = _peaks(surfaces)
    middle = (np.array(size) - np.array(degraded.shape)) / 2
    return Places(
        centres=factor * (corners + middle),
        moves=factor * peaks,
        heights=heights / noise,
        at_identity=surfaces[:, 0, 0] / noise,
        side=(factor * size[0], factor * size[1]),
        surfaces=surfaces,
        noise=noise,
        images=(degraded, target),
        corners=corners,
        factor=factor,
        overlap=OVERLAP * len(corners) / len(all_corners),
    )


def displaced_region(places: Places, fit: AffineFit | None, shape: tuple[int, ...]) -> DisplacedRegion | None:
    """Finds the places that lie elsewhere than the picture as a whole does.

    Args:
        places: All places.
        fit: The map of the whole, where most places agree with one; otherwise each place is held against its target.
        shape: (height, width) of the image in pixels.

    Returns:
        The region of all displaced places that a neighbour supports; None where there is none.
    """
    evidence, off = places.evidence(fit)
    candidates = np.flatnonzero(evidence >= SUPPORTING)
    candidates = candidates[places.contrasts(candidates) >= CONTRAST_FLOOR]
    if not len(candidates):
        return None
    apart = np.abs(places.centres[candidates, None] - places.centres[None, candidates])
    near = (apart <= 0.75 * np.array(places.side)).all(axis=2)
    alike = np.hypot(*(places.moves[candidates, None] - places.moves[None, candidates]).transpose(2, 0, 1))
    supported = (near & (alike < 2 * TOLERANCE)).sum(axis=1) > 1
    chosen = candidates[supported]
    if not len(chosen):
        return None
    half = np.array(places.side) / 2
    centre = np.array(shape) / 2
    low = np.clip((places.centres[chosen] - half).min(axis=0) + centre, 0, None)
    high = np.minimum((places.centres[chosen] + half).max(axis=0) + centre, shape)
    return DisplacedRegion(
        evidence=float(evidence[chosen].max()),
        size=float(np.median(off[chosen])),
        places=len(chosen),
        box=(int(low[0]), int(low[1]), int(high[0]), int(high[1])),
    )


@lru_cache(maxsize=64)
def _corners(shape: tuple[int, int], size: tuple[int, int]) -> NDArray[np.int64]:
    """Returns (top, left) of all places, [N, 2], the last ones flush with the border."""
    return _grid(shape, size).reshape(-1, 2)


@lru_cache(maxsize=64)
def _thinned_corners(shape: tuple[int, int], size: tuple[int, int]) -> NDArray[np.int64]:
    """Returns (top, left) of every second place, those of the white squares of a chessboard."""
    grid = _grid(shape, size)
    return grid[np.indices(grid.shape[:2]).sum(axis=0) % 2 == 0]


def _grid(shape: tuple[int, int], size: tuple[int, int]) -> NDArray[np.int64]:
    rows, columns = (_starts(length, side) for length, side in zip(shape, size, strict=True))
    return np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1)


def _starts(length: int, side: int) -> NDArray[np.int64]:
    count = int(np.ceil((length - side) / STEP)) + 1
    return np.round(np.linspace(0, length - side, count)).astype(np.int64)


def _peaks(surfaces: PlanesF32) -> tuple[Points, NDArray[np.float64]]:
    """Returns the displacement of the highest point of each surface, refined, and its height."""
    count, height, width = surfaces.shape
    flat = surfaces.reshape(count, -1)
    highest = flat.argmax(axis=1)
    peaks = _wrapped(height, width)[highest]
    offsets, gain = refine_each(surfaces, peaks)
    return peaks + offsets, flat[np.arange(count), highest] + gain


@lru_cache(maxsize=64)
def _wrapped(height: int, width: int) -> NDArray[np.int64]:
    """Returns the (row, column) shift at each point of a surface, [height * width, 2]; beyond half of a side it is negative."""
    rows, columns = np.divmod(np.arange(height * width), width)
    return np.stack([(rows + height // 2) % height - height // 2, (columns + width // 2) % width - width // 2], axis=1)
