"""Refuses pairs whose two images are one photograph: they have no ground truth, so there is nothing to learn."""

from __future__ import annotations

from data.errors import InputError
from data.image import measures
from data.image.arrays import PlaneU8

MAX_SAME_CHANGE = 5.0
"""Grey levels: 99th percentile of the change of 8x8 means below which two images are one photograph saved twice.

Saving a photograph again changes the means by up to 5, the lightest rain by 13. PairValidator's default is this number too.
"""

MAX_SAME_PLACE = 8.0
"""Grey levels: change of any 8x8 mean above which two images differ in a place, however alike the rest of them is.

Saving a photograph again changes no mean by more than 7.2, not even at JPEG quality 20 (79 pairs of ten sets). A few raindrops
on less than a hundredth of an image change the means below them by 10 and more.
"""


def refuse_same_picture(degraded: PlaneU8, target: PlaneU8, name: str) -> None:
    """Refuses two images that are the same up to compression.

    Args:
        degraded: Luma, uint8 [H, W].
        target: Luma, uint8 [H, W].
        name: What an error calls the file that holds both.

    Raises:
        InputError: Their means over 8 x 8 pixels differ by less than `MAX_SAME_CHANGE` in 99% of the image, and by less than
            `MAX_SAME_PLACE` in all of it.
    """
    change = measures.cell_change(degraded, target)
    if change.strong < MAX_SAME_CHANGE and change.largest < MAX_SAME_PLACE:
        raise InputError(
            f"{name}: both halves are the same photograph, up to compression: there is no ground truth in it; "
            "remove it, or take other folders with --folder"
        )
