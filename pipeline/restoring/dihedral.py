"""The eight rotations and reflections of an image: for EXIF's orientations and for the self-ensemble."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.image.arrays import ImageF32


@dataclass(frozen=True, slots=True)
class DihedralTransform:
    """A transposition or none, followed by flips.

    Attributes:
        transpose: Whether rows and columns are exchanged.
        flip_rows: Whether the order of the rows is reversed, after the transposition.
        flip_columns: Whether the order of the columns is reversed, after the transposition.
    """

    transpose: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    def apply(self, image: NDArray[Any]) -> NDArray[Any]:
        """Returns the transformed image [H, W, ...] as a view."""
        return self._flip(image.swapaxes(0, 1) if self.transpose else image)

    def undo(self, image: NDArray[Any]) -> NDArray[Any]:
        """Returns the image [H, W, ...] before the transform as a view."""
        flipped = self._flip(image)
        return flipped.swapaxes(0, 1) if self.transpose else flipped

    def _flip(self, image: NDArray[Any]) -> NDArray[Any]:
        return image[:: -1 if self.flip_rows else 1, :: -1 if self.flip_columns else 1]


ALL = tuple(DihedralTransform(*flags) for flags in itertools.product((False, True), repeat=3))
"""All eight transforms."""

MIRRORED = tuple(transform for transform in ALL if not transform.transpose)
"""The four transforms without transposition: vertical lines such as rain stay vertical."""

# The transform that makes the stored image upright, by the value of EXIF's tag Orientation (Exif 2.32, 4.6.4).
_BY_ORIENTATION = {
    2: DihedralTransform(flip_columns=True),
    3: DihedralTransform(flip_rows=True, flip_columns=True),
    4: DihedralTransform(flip_rows=True),
    5: DihedralTransform(transpose=True),
    6: DihedralTransform(transpose=True, flip_columns=True),
    7: DihedralTransform(transpose=True, flip_rows=True, flip_columns=True),
    8: DihedralTransform(transpose=True, flip_rows=True),
}


def exif_transform(orientation: int) -> DihedralTransform:
    """Returns the transform from a stored image to the upright one.

    Args:
        orientation: Value of EXIF's tag Orientation; an undefined value means upright.
    """
    return _BY_ORIENTATION.get(orientation, DihedralTransform())


def self_ensemble(
    restore: Callable[[ImageF32], ImageF32], transforms: Sequence[DihedralTransform] = ALL
) -> Callable[[ImageF32], ImageF32]:
    """Returns a function that restores an image under several transforms and averages the results.

    This is the geometric self-ensemble of Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution",
    CVPRW 2017, doi:10.1109/CVPRW.2017.151.

    Args:
        restore: Restores float32 [H, W, 3] to the same shape, for any H and W.
        transforms: The transforms.
    """

    def restore_and_average(image: ImageF32) -> ImageF32:
        total = np.zeros_like(image)
        for transform in transforms:
            total += transform.undo(restore(np.ascontiguousarray(transform.apply(image))))
        return total / np.float32(len(transforms))

    return restore_and_average
