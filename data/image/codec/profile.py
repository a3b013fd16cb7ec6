"""The colour space that a file's ICC profile gives its numbers; PNG and JPEG without a profile are sRGB.

The pipeline trains on the numbers as they are and applies no profile. That is sound where both images of a pair have one
profile. Where they differ, a network would learn the difference of the colour spaces instead of the weather.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from data.plain_text import one_line

SRGB = "sRGB"

_MAX_DIFFERENCE = 4
"""Levels by which a profile may differ from sRGB at any of the probes; the many profiles named sRGB differ by up to 3."""
_MODES = {"RGB ": "RGB", "GRAY": "L"}
_LEVELS = (0, 64, 128, 192, 255)


def colour_space(image: Image.Image) -> str:
    """Returns the name of the colour space of an image's numbers.

    Args:
        image: As Pillow opened it; its header suffices.

    Returns:
        "sRGB", also for a profile that means the same colours, that cannot be read (programs ignore it), or that is one of inks
        (the image becomes RGB without it); else the profile's own description, such as "Display P3".
    """
    profile = image.info.get("icc_profile")
    return _name(profile) if isinstance(profile, bytes) and profile else SRGB


def profile_problem(degraded: str, target: str) -> str:
    """Returns what is wrong with a pair of two colour spaces, in words.

    Args:
        degraded: Colour space of the input.
        target: Another one, of the target.
    """
    return f"its colours are those of {degraded}, and its target's those of {target}"


@lru_cache(maxsize=64)
def _name(profile: bytes) -> str:
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES.get(opened.profile.xcolor_space)
        if mode is None or _difference(opened, mode) <= _MAX_DIFFERENCE:
            return SRGB
        return one_line(ImageCms.getProfileDescription(opened), 60) or "a profile without a name"
    # LittleCMS' own error, and what Pillow raises for a header that is cut.
    except (ImageCms.PyCMSError, OSError, ValueError):
        return SRGB


def _difference(profile: ImageCms.ImageCmsProfile, mode: str) -> int:
    """Returns the largest difference of the probes' numbers, in levels, when they are converted to sRGB."""
    grid = np.array(np.meshgrid(_LEVELS, _LEVELS, _LEVELS), np.uint8).reshape(3, 1, -1).transpose(1, 2, 0)
    if mode == "L":
        grid = np.repeat(np.array(_LEVELS, np.uint8)[None, :, None], 3, axis=2)
    probes = Image.fromarray(grid if mode == "RGB" else grid[..., 0])
    converted = ImageCms.profileToProfile(
        probes, profile, ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC, "RGB"
    )
    return int(np.abs(np.asarray(converted).astype(int) - grid.astype(int)).max())
