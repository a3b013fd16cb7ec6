"""Finds the part of an input that shows nothing of its target, although both have structure there and the rest matches.

Such is a tile of another picture, or one whose content is turned or lies elsewhere. What a drop or dense rain hides has less
structure of its own, or its target shows through in places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from components.pair_validator.measuring.registering.mismatches import (
    CELL,
    correlations,
    mismatches,
    typical_share,
    window_means,
)
from data.image.arrays import PlaneF32, PlanesF32

PART = 4
"""Cells on a side of a part: in images at half their size the smallest is 64 pixels."""

# Cells on a side of the pieces of a part that are asked one by one.
_PIECE = 2
# Correlation of such a piece from which the whole part counts as showing its target.
_SHOWN = 0.35
# Least share of the target's detail that a typical input shows, for a pair to be asked.
_LEAST_SHARED = 0.1


@dataclass(frozen=True, slots=True)
class ForeignPart:
    """A part of the input that shows nothing of its target.

    Attributes:
        evidence: By how much its correlation falls short of what the rest lets expect, in standard deviations.
        box: Top, left, bottom, right in pixels of the compared images.
    """

    evidence: float
    box: tuple[int, int, int, int]


def find_foreign_part(products: Sequence[PlanesF32]) -> ForeignPart | None:
    """Finds the part that shows least of its target.

    Args:
        products: Of the details of input and target, of several finenesses, float32 [3, R, C] each; all have to agree.

    Returns:
        The part; None where there is none.
    """
    if min(products[0].shape[1:]) < PART:
        return None
    evidence = np.minimum.reduce([_evidence(each) for each in products])
    row, column = divmod(int(evidence.argmax()), evidence.shape[1])
    highest = float(evidence[row, column])
    if highest <= 0:
        return None
    labels = cv2.connectedComponents((evidence >= highest / 2).astype(np.uint8), connectivity=4)[1]
    rows, columns = np.nonzero(labels == labels[row, column])
    top, left, bottom, right = (
        CELL * int(each) for each in (rows.min(), columns.min(), rows.max() + PART, columns.max() + PART)
    )
    return ForeignPart(highest, (top, left, bottom, right))


def _evidence(products: PlanesF32) -> PlaneF32:
    """Returns the mismatch of parts, less where a piece of a part shows its target."""
    share = typical_share(window_means(products))
    if share < _LEAST_SHARED:
        return np.zeros([side - PART + 1 for side in products.shape[1:]], np.float32)
    evidence = mismatches(window_means(products, PART, PART), share, PART)
    kernel = np.ones((PART - _PIECE + 1, PART - _PIECE + 1), np.uint8)
    clearest = cv2.dilate(correlations(window_means(products, _PIECE, _PIECE)), kernel, anchor=(0, 0))
    rows, columns = evidence.shape
    return np.asarray(evidence * np.clip(1 - clearest[:rows, :columns] * np.float32(1 / _SHOWN), 0, 1), np.float32)
