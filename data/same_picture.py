"""Whether the two halves of a picture are one photograph twice: then there is no ground truth, and nothing to learn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# The measure and its threshold are PairValidator's, which judges by them in a pipeline: one place for the fact.
from components.pair_validator import appearance
from components.pair_validator.settings import PairThresholds
from data.errors import InputError


def refuse_same_picture(degraded: NDArray[np.uint8], target: NDArray[np.uint8], name: str) -> None:
    """Refuses two images that are the same up to compression.

    Args:
        degraded: Brightness, uint8 [H, W].
        target: Likewise.
        name: What an error calls the picture that holds both.

    Raises:
        InputError: Their means over 8 x 8 pixels differ by less than `max_same_change` in 99% of the image.
    """
    change = appearance.cell_change(degraded, target)
    if change.strong < PairThresholds().max_same_change:
        raise InputError(
            f"{name}: both halves are the same photograph, up to compression: there is no ground truth in it; "
            "remove it, or take other folders with --folder"
        )
