"""Whether the two halves of a picture are one photograph twice: then there is no ground truth, and nothing to learn."""

from __future__ import annotations

# The measure and its threshold are PairValidator's, which judges by them in a pipeline: one place for the fact.
from components.pair_validator import appearance
from components.pair_validator.settings import PairThresholds
from data.errors import InputError
from data.images import Pixels


def refuse_same_picture(degraded: Pixels, target: Pixels, name: str) -> None:
    """Refuses two images that are the same up to compression.

    Args:
        degraded: uint8 RGB [H, W, 3].
        target: Likewise.
        name: What an error calls the picture that holds both.

    Raises:
        InputError: Their means over 8 x 8 pixels differ by less than `max_same_change` in 99% of the image.
    """
    change = appearance.cell_change(appearance.luma(degraded), appearance.luma(target))
    if change.strong < PairThresholds().max_same_change:
        raise InputError(
            f"{name}: both halves are the same photograph, up to compression: there is no ground truth in it; "
            "remove it, or take other folders with --folder"
        )
