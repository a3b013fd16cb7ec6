"""Optional steps after restoring an image; only the starter for rain has one by default, the limit of tone.

- The limit of tone (`tone_limit`) keeps large areas as they were where no streaks were found.
- The guided filter (`data.image.filtering`) smooths remaining noise, but not across edges.
- `transfer_colour` takes the colour cast of large areas from the input. Replacing the low frequencies of one image by those
  of another is the colour fix of Wang et al., "Exploiting Diffusion Prior for Real-World Image Super-Resolution", IJCV 2024,
  arXiv:2305.07015. Here a Gaussian separates them, and only colour is replaced: the input's brightness would
  bring a veil back.
"""

from __future__ import annotations

import cv2

from data.image.arrays import ImageF32
from data.image.filtering import guided_filter
from data.image.luma import luma_float
from pipeline.restoring.bands import Levels, in_bands
from pipeline.restoring.tone_limit import ToneLimit

# Standard deviations at which a Gaussian is cut off.
_CUT = 4


def transfer_colour(image: ImageF32, restored: ImageF32, radius: int) -> ImageF32:
    """Replaces the colour of large areas of a restored image by that of the input; luma is unchanged.

    Args:
        image: The input, float32 [H, W, 3].
        restored: The restored image, float32 [H, W, 3].
        radius: Standard deviation of the Gaussian in pixels; larger structures count as low frequencies.

    Returns:
        float32 [H, W, 3], not clipped; each pixel depends on those at most 4 `radius` away.
    """
    side = 2 * _CUT * radius + 1
    difference = cv2.GaussianBlur(image - restored, (side, side), radius, borderType=cv2.BORDER_REFLECT)
    return restored + difference - luma_float(difference)[..., None]


def post_process(image: Levels, restored: Levels, guided: int, colour: int, is_tone_limited: bool = False) -> Levels:
    """Limits the tone, then applies the guided filter and the colour transfer.

    Args:
        image: The input, uint8 or uint16 [H, W, 3].
        restored: The restored image, of the same shape and depth.
        guided: Radius in pixels of the guided filter, whose guide is the restored luma; 0 for none.
        colour: Radius in pixels of the colour transfer, which follows; 0 for none.
        is_tone_limited: Whether the change of tone is limited before both.

    Returns:
        [H, W, 3] of the same depth.
    """
    if is_tone_limited:
        restored = ToneLimit().apply(image, restored)
    if not guided and not colour:
        return restored

    def process(before: ImageF32, after: ImageF32) -> ImageF32:
        if guided:
            after = guided_filter(luma_float(after), after, guided)
        return transfer_colour(before, after, colour) if colour else after

    return in_bands(process, image, restored, 2 * guided + _CUT * colour)
