"""Pairs of patches for training: a crop of a photograph, scaled down, in some light, and the same crop in varied rain."""

from __future__ import annotations

import numpy as np

from data.features import HEAVY, LIGHT, MEDIUM
from data.image.arrays import ImageU8
from data.synthesis.crops import least_scale, scaled_crop
from data.synthesis.varied_rain.draw import draw_varied_rain
from data.synthesis.varied_rain.rain import add_varied_rain
from data.synthesis.varied_rain.scene import draw_scene, relight

CLEAN_SHARE = 0.04
"""Share of pairs without any degradation: a network then learns that some images are to be left alone."""

SEVERITY_SHARES = {LIGHT: 0.35, MEDIUM: 0.4, HEAVY: 0.25}
"""Shares of the severities. Heavy rain is rarer in real images, and its large errors weigh more in a loss."""

SMALLEST_SCALE = 0.25
"""Published sets hold photographs of 300 to 500 pixels, scaled down from ten times that; a crop covers as much of a scene."""


def draw_pair(
    photo: ImageU8, height: int, width: int, rng: np.random.Generator, clean_share: float = CLEAN_SHARE
) -> tuple[ImageU8, ImageU8]:
    """Draws one training pair from a photograph.

    Scale, position, mirroring and light are drawn for both images; rain, noise and JPEG are in the input alone. Calls with one
    generator give different pairs; a generator of the same seed gives the same ones.

    Args:
        photo: Clean photograph, uint8 RGB [H, W, 3], at least as large as the patch.
        height: Height of the patch in pixels.
        width: Width of the patch in pixels.
        rng: Source of chance.
        clean_share: Share of pairs whose input equals the target, in [0, 1].

    Returns:
        (input, target), both uint8 RGB [height, width, 3], contiguous.

    Raises:
        ValueError: The photograph is not uint8 RGB, or is smaller than the patch.

    Example:
        >>> import numpy as np
        >>> photograph = np.full((300, 400, 3), 90, np.uint8)
        >>> rainy, clean = draw_pair(photograph, 128, 160, np.random.Generator(np.random.PCG64(1)))
        >>> rainy.shape == clean.shape == (128, 160, 3)
        True
    """
    scales = (max(SMALLEST_SCALE, least_scale(photo, (height, width))), 1.0)
    target = relight(scaled_crop(photo, (height, width), scales, rng), draw_scene(rng))
    if rng.random() < clean_share:
        return target.copy(), target
    severity = _severity(rng)
    parameters = draw_varied_rain(severity, rng)
    return add_varied_rain(target, parameters, int(rng.random() * 2**32)), target


def _severity(rng: np.random.Generator) -> str:
    drawn = rng.random()
    for severity, share in SEVERITY_SHARES.items():
        drawn -= share
        if drawn < 0.0:
            return severity
    return HEAVY
