"""Compares the dark channels of two aligned images, which a veil such as haze lifts.

K. He, J. Sun and X. Tang, "Single Image Haze Removal Using Dark Channel Prior", 2011, doi:10.1109/TPAMI.2010.168.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from components.pair_validator.measuring.block_energies import BLOCK, joined_bands
from data.image.arrays import ImageU8, PlaneF32, PlanesF32
from data.image.measures import column_means

# The dark channel's patch, in pixels, and how far it reaches; He, Sun and Tang use 15 on larger images.
_PATCH, _REACH = np.ones((9, 9), np.uint8), 4


def veiling(images: Sequence[ImageU8], contrast: PlaneF32, step: int) -> float:
    """Measures the contrast that an input lost in blocks whose dark channel rose.

    Args:
        images: Input and target, uint8 RGB [H, W, 3], of whole blocks (`block_energies.whole_blocks`).
        contrast: Log ratio of the gradient energies of blocks, input over target, times their coherence, float32 [N].
        step: Every which row of blocks is measured.

    Returns:
        The cue, positive where the input lost contrast; see `RoleCues.veiling`.
    """
    dark_input, dark_target = _dark_means(images, step)
    rise = dark_input - dark_target
    # A tone curve moves bright places most, a veil dark ones.
    moved = np.minimum(np.maximum(np.abs(rise) - 10, 0) / 30, 1)
    weight = moved * np.exp(np.minimum(dark_input, dark_target) / -60)
    return -float(np.einsum("n,n,n->", contrast, weight, contrast * rise < 0)) / len(rise)


def _dark_means(images: Sequence[ImageU8], step: int) -> PlanesF32:
    """Returns the means of the dark channel in the blocks of the measured rows, rounded, [P, N]."""
    red, green, blue = cv2.split(joined_bands(images, BLOCK, step, _REACH))
    dark = cv2.erode(cv2.min(cv2.min(red, green), blue), _PATCH)
    inside = dark.reshape(-1, BLOCK + 2 * _REACH, dark.shape[1])[:, _REACH:-_REACH]
    sums = np.einsum("nkw->nw", inside.astype(np.float32))
    return np.rint(column_means(sums, BLOCK)).reshape(len(images), -1)
