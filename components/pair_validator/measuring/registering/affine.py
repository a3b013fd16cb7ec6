"""Affine maps between the two images of a pair: their composition, their parts, and a robust fit to displacements of places."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.arrays import PlaneU8

# Hypotheses of three places each that a fit tries; with half of the places wrong, one in eight is right.
HYPOTHESES = 300
# Share of the weight of the places that agrees with plain least squares, from which no triple is tried.
SIMPLE_SHARE = 0.9
# Places that a map has to explain beyond a plain shift: as many determine the four numbers that it has more.
PLACES_OF_SHAPE = 2
# Minimum places of a fit: three determine it, the others confirm it.
MIN_PLACES = 6
# Largest deviation of a map from the identity, in pixels per pixel, that a fit may find: beyond it, a place no longer matches.
MAX_DEVIATION = 0.25

Points = NDArray[np.float64]
"""(row, column) of points or displacements, [N, 2]."""


@dataclass(frozen=True, slots=True)
class Affine:
    """Where the content of a target lies in its input: at `matrix @ position + shift`.

    Attributes:
        matrix: [2, 2], for positions (row, column) relative to the image centre.
        shift: (rows, columns) at the image centre, pixels, [2].
    """

    matrix: NDArray[np.float64]
    shift: NDArray[np.float64]

    def then(self, rest: Affine) -> Affine:
        """Returns the whole map of this one and another.

        Args:
            rest: What remains after this map was undone.
        """
        return Affine(self.matrix @ rest.matrix, self.matrix @ rest.shift + self.shift)

    def displacements(self, positions: Points) -> Points:
        """Returns how far the content of the target is displaced, pixels, [N, 2].

        Args:
            positions: Of the target, y and x in pixels from its centre, [N, 2].
        """
        return positions @ (self.matrix - np.eye(2)).T + self.shift

    @property
    def zoom(self) -> float:
        """Scale of the input relative to the target."""
        return math.hypot(*self._similarity())

    @property
    def rotation(self) -> float:
        """Rotation of the input, degrees counter-clockwise."""
        growth, turn = self._similarity()
        return math.degrees(math.atan2(turn, growth))

    @property
    def aspect(self) -> float:
        """Relative growth of the width over that of the height; 0 where the proportions are kept."""
        return float((self.matrix[1, 1] - self.matrix[0, 0]) / self.zoom)

    @property
    def shear(self) -> float:
        """Growth of the one diagonal over that of the other: the tangent of the lean; 0 where right angles are kept."""
        return float((self.matrix[0, 1] + self.matrix[1, 0]) / self.zoom)

    def _similarity(self) -> tuple[float, float]:
        (a, b), (c, d) = self.matrix.tolist()
        return (a + d) / 2, (c - b) / 2


def identity() -> Affine:
    """Returns the map of an aligned pair."""
    return Affine(np.eye(2), np.zeros(2))


def similarity(shift: tuple[float, float], zoom: float, degrees: float) -> Affine:
    """Returns the map of a shift, a zoom and a rotation.

    Args:
        shift: (rows, columns) at the image centre, pixels.
        zoom: Scale of the input relative to the target.
        degrees: Rotation of the input, degrees counter-clockwise.
    """
    cos, sin = zoom * np.cos(np.radians(degrees)), zoom * np.sin(np.radians(degrees))
    return Affine(np.array([[cos, -sin], [sin, cos]]), np.array(shift, np.float64))


def undo(image: PlaneU8, affine: Affine) -> PlaneU8:
    """Moves the content of an input to where its target has it.

    Args:
        image: uint8 [H, W].
        affine: The map of the pair.

    Returns:
        uint8 [H, W]; what lies outside of the input is reflected at its border.
    """
    height, width = image.shape
    centre = np.array([(height - 1) / 2, (width - 1) / 2])
    start = affine.shift + centre - affine.matrix @ centre
    (a, b), (c, d) = affine.matrix
    # OpenCV has the columns first.
    matrix = np.array([[d, c, start[1]], [b, a, start[0]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT)


@dataclass(frozen=True, slots=True)
class AffineFit:
    """An affine map fitted to the displacements of places.

    Attributes:
        affine: The map.
        share: Share of the weight of the places that lies within the tolerance of it, 0 to 1.
        error: Standard error of the displacement at the outermost place, pixels.
    """

    affine: Affine
    share: float
    error: float


def fit_affine(positions: Points, moves: Points, weights: NDArray[np.float64], tolerance: float) -> AffineFit | None:
    """Fits an affine map to the displacements of places: the best of many triples of places, then least squares.

    RANSAC (Fischler and Bolles, 1981, doi:10.1145/358669.358692); the triples are the same in every run.

    Args:
        positions: Centres of the places relative to the image centre, [N, 2].
        moves: Their displacements, [N, 2].
        weights: Their weights, [N].
        tolerance: Distance in pixels within which a place agrees.

    Returns:
        The fit; None where there are too few places, or where no triple finds agreement.
    """
    if len(positions) < MIN_PLACES:
        return None
    design = np.concatenate([np.ones((len(positions), 1)), positions], axis=1)
    # Mostly nearly all places agree, and no search is needed.
    simple = _least_squares(design, moves, weights)
    inliers = np.hypot(*(moves - design @ simple).T) < tolerance
    if weights[inliers].sum() < SIMPLE_SHARE * weights.sum():
        inliers = _best_triple(design, moves, weights, tolerance)
    solution = simple
    for _ in range(0 if inliers.all() else 3):
        if inliers.sum() < MIN_PLACES:
            return None
        solution = _least_squares(design[inliers], moves[inliers], weights[inliers])
        before, inliers = inliers, np.hypot(*(moves - design @ solution).T) < tolerance
        if (inliers == before).all():
            break
    used = design[inliers]
    residual = moves[inliers] - used @ solution
    variance = float(np.square(residual).sum() / max(1, 2 * len(used) - 6))
    leverage = (design @ _inverse(used.T @ used) * design).sum(axis=1).max()
    matrix = np.eye(2) + solution[1:].T
    share = float(weights[inliers].sum() / weights.sum())
    return AffineFit(Affine(matrix, solution[0]), share, float(np.sqrt(variance * leverage)))


def _least_squares(design: NDArray[np.float64], moves: Points, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the shift and slopes of a map by weighted least squares, [3, 2]; the least ones where places lie on a line."""
    weighted = (design * weights[:, None]).T
    return _inverse(weighted @ design) @ (weighted @ moves)


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the inverse of a symmetric matrix [3, 3], the pseudoinverse where it has none or nearly none."""
    (a, b, c), (_, d, e), (_, _, f) = matrix.tolist()
    first, second, third = d * f - e * e, c * e - b * f, b * e - c * d
    determinant = a * first + b * second + c * third
    # Places on a line leave about 1e-16 of it.
    if determinant <= 1e-6 * a * d * f:
        return np.linalg.pinv(matrix, rcond=1e-9, hermitian=True)
    middle, last, corner = a * f - c * c, b * c - a * e, a * d - b * b
    return np.array([[first, second, third], [second, middle, last], [third, last, corner]]) / determinant


def _best_triple(
    design: NDArray[np.float64], moves: Points, weights: NDArray[np.float64], tolerance: float
) -> NDArray[np.bool_]:
    """Returns which places agree with the triple that has the most support."""
    triples = _triples(len(design))
    corners = design[triples]
    spread = np.abs(np.linalg.det(corners))
    triples, corners = triples[spread > 0.1 * spread.max()], corners[spread > 0.1 * spread.max()]
    maps = np.linalg.solve(corners, moves[triples])
    maps = maps[np.abs(maps[:, 1:]).max(axis=(1, 2)) < MAX_DEVIATION]
    # A plain shift is a hypothesis too, as every place has it.
    shifts = np.zeros((len(moves), 3, 2))
    shifts[:, 0] = moves
    maps = np.concatenate([shifts, maps])
    residual = np.square(moves[None] - np.einsum("ni,tij->tnj", design, maps)).sum(axis=2)
    support = (weights * np.clip(1 - residual / tolerance**2, 0, None)).sum(axis=1)
    # Where clear places lie on a line, each place beside it has a map that explains it as well.
    support[: len(moves)] += PLACES_OF_SHAPE * weights.mean()
    return np.asarray(residual[int(support.argmax())] < tolerance**2)


@lru_cache(maxsize=64)
def _triples(count: int) -> NDArray[np.int64]:
    """Returns `HYPOTHESES` triples of different places, [T, 3]."""
    order = np.random.default_rng(0).random((HYPOTHESES, count)).argsort(axis=1, kind="stable")
    return order[:, :3]
