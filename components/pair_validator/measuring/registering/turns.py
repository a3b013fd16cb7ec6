"""Turns of parts of an image by multiples of 90 degrees, and mirrorings, which a tool may have forgotten to undo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.image.arrays import PlaneF32


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of a part by multiples of 90 degrees, or a mirroring.

    Attributes:
        name: How reports call it.
        transpose: Whether rows and columns are exchanged first.
        rows: Whether the order of rows is reversed then.
        columns: Whether the order of columns is reversed then.
    """

    name: str
    transpose: bool
    rows: bool
    columns: bool

    def of(self, plane: PlaneF32) -> PlaneF32:
        """Returns a plane turned.

        Args:
            plane: float32 [H, W].
        """
        turned = plane.T if self.transpose else plane
        return np.ascontiguousarray(turned[:: -1 if self.rows else 1, :: -1 if self.columns else 1])

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Returns the (height, width) of a plane turned.

        Args:
            shape: (height, width) of the plane.
        """
        return shape[::-1] if self.transpose else shape

    def undone(self, part: PlaneF32) -> PlaneF32:
        """Returns what a part of a turned plane is in the plane.

        Args:
            part: float32 [h, w].
        """
        upright = part[:: -1 if self.rows else 1, :: -1 if self.columns else 1]
        return upright.T if self.transpose else upright

    def corner(self, top: int, left: int, side: int, shape: tuple[int, ...]) -> tuple[int, int]:
        """Returns the (top, left) in the turned plane of a square of the plane.

        Args:
            top: Its first row in the plane.
            left: Its first column.
            side: Its side in pixels.
            shape: (height, width) of the turned plane.
        """
        row, column = (left, top) if self.transpose else (top, left)
        return shape[0] - side - row if self.rows else row, shape[1] - side - column if self.columns else column

    def source(self, row: float, column: float, shape: tuple[int, ...]) -> tuple[float, float]:
        """Returns where a point of a turned plane lies in the plane.

        Args:
            row: Row in the turned plane.
            column: Column in it.
            shape: (height, width) of the turned plane.
        """
        row = shape[0] - row if self.rows else row
        column = shape[1] - column if self.columns else column
        return (column, row) if self.transpose else (row, column)


UPRIGHT = Turn("", False, False, False)
TURNS = (
    Turn("mirrored", False, False, True),
    Turn("upside down", False, True, False),
    Turn("turned by 180 degrees", False, True, True),
    Turn("turned by 90 degrees", True, True, False),
    Turn("turned by 90 degrees", True, False, True),
    Turn("transposed", True, False, False),
    Turn("transposed", True, True, True),
)
