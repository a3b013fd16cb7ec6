"""A model's answer must be numbers: NaN would become a black image, and `NaN` is no JSON."""

from __future__ import annotations

import numpy as np

from data.errors import InputError
from data.image.arrays import ImageF32


class NotFiniteError(InputError):
    """The model answered with NaN or infinity."""


def require_finite(restored: ImageF32) -> ImageF32:
    """Returns a model's answer if all of it is numbers.

    Args:
        restored: Restored images, float32 of any shape.

    Raises:
        NotFiniteError: A value is NaN or infinite.
    """
    if not np.isfinite(restored).all():
        raise NotFiniteError(
            "the model gave values that are no numbers (NaN or infinity); serve or restore with another version"
        )
    return restored
