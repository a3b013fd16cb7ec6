"""Measures of a restored image against its own input, where no target is known.

They do not tell how good a restoration is. They tell a picture that is no restoration of its input at all (one colour, shifted,
other colours, noise, seams) from one that may be, at a cost far below the network's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from data.image.arrays import ImageU8, PlaneF32, PlaneU8
from data.image.colour import ciede2000, lab
from data.image.luma import luma_full_range
from data.image.measures import require_alike

GRID = 8
"""Side in pixels of the network's windows and of JPEG's blocks, along whose borders seams appear."""

COLOUR_SIDE = 256
"""Longest side in pixels to which images are averaged before their colours are compared: CIEDE2000 is slow."""

# Grey levels that are added to both sides of a ratio, so that flat images give 1 and not noise.
_FLOOR = 0.25
# Standard deviations in pixels of the band-pass in which edges are compared: finer than that is noise, coarser is shading.
_FINE, _COARSE = 1.0, 3.0
# Rows that are band-passed at a time, and rows beyond them that the wider filter sees: its kernel ends after 4 deviations.
_STRIP, _HALO = 256, 12
# Product of the standard deviations, in squared grey levels, below which planes count as flat.
_FLAT = 1e-3


@dataclass(frozen=True, slots=True)
class Plausibility:
    """How a restored image differs from its input.

    Attributes:
        change: Mean absolute difference, grey levels.
        brightness: Mean luma, restored minus input, grey levels.
        colour: Mean CIEDE2000 of both, averaged to at most `COLOUR_SIDE` pixels a side.
        clipped: Share of values at 0 or 255, restored minus input, -1 to 1.
        detail: Mean absolute Laplacian, restored over input: below 1 it is smoother, above 1 sharper or noisier.
        seams: Steps across the borders of a grid of 8 pixels over other steps, restored over input: 1 is no seams.
        edges: Pearson's correlation of the band-passed lumas, -1 to 1; 0 where one of them is flat.
    """

    change: float
    brightness: float
    colour: float
    clipped: float
    detail: float
    seams: float
    edges: float


def plausibility(restored: ImageU8, degraded: ImageU8) -> Plausibility:
    """Measures a restored image against its input.

    Args:
        restored: uint8 RGB [H, W, 3].
        degraded: The input, uint8 RGB [H, W, 3].

    Returns:
        The measures.

    Raises:
        ValueError: The images differ in shape or are not uint8.

    Example:
        >>> import numpy as np
        >>> image = np.random.default_rng(0).integers(40, 200, (64, 64, 3), np.uint8)
        >>> same = plausibility(image, image)
        >>> same.change, same.detail, round(same.edges, 3)
        (0.0, 1.0, 1.0)
        >>> plausibility(np.full_like(image, 120), image).edges
        0.0
    """
    require_alike(restored, degraded)
    luma, before = luma_full_range(restored), luma_full_range(degraded)
    return Plausibility(
        change=cv2.norm(restored, degraded, cv2.NORM_L1) / restored.size,
        brightness=float(cv2.mean(luma)[0] - cv2.mean(before)[0]),
        colour=colour_difference(restored, degraded),
        clipped=_clipped(restored) - _clipped(degraded),
        detail=(_detail(luma) + _FLOOR) / (_detail(before) + _FLOOR),
        seams=_seams(luma) / _seams(before),
        edges=_edge_correlation(luma, before),
    )


def colour_difference(image: ImageU8, other: ImageU8) -> float:
    """Returns the mean CIEDE2000 of two images that are averaged to at most `COLOUR_SIDE` pixels a side.

    Args:
        image: uint8 RGB [H, W, 3].
        other: uint8 RGB [H, W, 3].
    """
    return ciede2000(lab(_averaged(image)), lab(_averaged(other)))


def _averaged(image: ImageU8) -> ImageU8:
    height, width = image.shape[:2]
    scale = COLOUR_SIDE / max(height, width, COLOUR_SIDE)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _clipped(image: ImageU8) -> float:
    histogram = cv2.calcHist([image.reshape(-1, 1)], [0], None, [256], [0, 256])
    return float(histogram[0, 0] + histogram[255, 0]) / image.size


def _detail(luma: PlaneU8) -> float:
    return cv2.norm(cv2.Laplacian(luma, cv2.CV_16S), cv2.NORM_L1) / luma.size


def _seams(luma: PlaneU8) -> float:
    """Returns the mean step across the grid's borders over the mean of the other steps, of rows and columns."""
    borders, others = np.zeros(2), np.zeros(2)
    for plane in (luma, luma.T):
        # The mean of each column of steps; a step lies between a pixel and the next one.
        steps = cv2.reduce(cv2.absdiff(plane[:, 1:], plane[:, :-1]), 0, cv2.REDUCE_AVG, dtype=cv2.CV_64F)
        if steps is None:  # one pixel wide
            continue
        is_border = np.arange(1, steps.size + 1) % GRID == 0
        values = steps.ravel()
        borders += (values[is_border].sum(), is_border.sum())
        others += (values[~is_border].sum(), (~is_border).sum())
    mean_border, mean_other = (total / count if count else 0.0 for total, count in (borders, others))
    return float((mean_border + _FLOOR) / (mean_other + _FLOOR)) if borders[1] else 1.0


def _edge_correlation(luma: PlaneU8, before: PlaneU8) -> float:
    """Returns Pearson's correlation of two band-passed planes, whose means are 0; 0 where one is flat.

    A strip of rows at a time, because the planes as floats would take many times the memory of the images.
    """
    products = np.zeros(3)
    for top in range(0, len(luma), _STRIP):
        first, end = max(0, top - _HALO), top + _STRIP
        one, other = (_band(plane[first : end + _HALO])[top - first : end - first] for plane in (luma, before))
        products += (one.ravel().dot(other.ravel()), cv2.norm(one) ** 2, cv2.norm(other) ** 2)
    scale = math.sqrt(products[1] * products[2])
    return float(np.clip(products[0] / scale, -1, 1)) if scale > _FLAT * luma.size else 0.0


def _band(luma: PlaneU8) -> PlaneF32:
    plane = luma.astype(np.float32)
    return cv2.GaussianBlur(plane, (0, 0), _FINE) - cv2.GaussianBlur(plane, (0, 0), _COARSE)
