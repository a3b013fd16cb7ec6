"""The eight ways to lay a picture on its rectangle: for EXIF's orientations and for the self-ensemble."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.image.arrays import ImageF32


@dataclass(frozen=True, slots=True)
class Turn:
    """A transposition, or none, followed by flips.

    Attributes:
        transpose: Rows become columns.
        rows: Their order is reversed, afterwards.
        columns: Likewise.
    """

    transpose: bool = False
    rows: bool = False
    columns: bool = False

    def apply(self, image: NDArray[Any]) -> NDArray[Any]:
        """Returns a view of [H, W, ...], turned."""
        return self._flipped(image.swapaxes(0, 1) if self.transpose else image)

    def undo(self, image: NDArray[Any]) -> NDArray[Any]:
        """Returns a view of a turned image as it was before."""
        flipped = self._flipped(image)
        return flipped.swapaxes(0, 1) if self.transpose else flipped

    def _flipped(self, image: NDArray[Any]) -> NDArray[Any]:
        return image[:: -1 if self.rows else 1, :: -1 if self.columns else 1]


ALL = tuple(Turn(*flags) for flags in itertools.product((False, True), repeat=3))
MIRRORED = tuple(turn for turn in ALL if not turn.transpose)
"""The four that keep upright what is upright, such as rain."""

# By the value of EXIF's tag Orientation (Exif 2.32, 4.6.4): what makes the stored picture upright.
_UPRIGHT = {
    2: Turn(columns=True),
    3: Turn(rows=True, columns=True),
    4: Turn(rows=True),
    5: Turn(transpose=True),
    6: Turn(transpose=True, columns=True),
    7: Turn(transpose=True, rows=True, columns=True),
    8: Turn(transpose=True, rows=True),
}


def upright(orientation: int) -> Turn:
    """Returns what turns a stored picture upright; nothing where the tag has a value that means nothing.

    Args:
        orientation: EXIF's tag.
    """
    return _UPRIGHT.get(orientation, Turn())


def self_ensemble(
    restore: Callable[[ImageF32], ImageF32], turns: Sequence[Turn] = ALL
) -> Callable[[ImageF32], ImageF32]:
    """Returns what restores an image in several ways and takes the mean.

    "Geometric self-ensemble" of Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPRW 2017.

    Args:
        restore: float32 [H, W, 3] to the same shape, for any H and W.
        turns: The ways.
    """

    def mean(image: ImageF32) -> ImageF32:
        total = np.zeros_like(image)
        for turn in turns:
            total += turn.undo(restore(np.ascontiguousarray(turn.apply(image))))
        return total / np.float32(len(turns))

    return mean
