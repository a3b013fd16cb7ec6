"""What may be done to a restored image afterwards; pure functions of float images, none of which is applied by default.

- `guided_filter` smooths what a restoration left, but not across edges. He, Sun and Tang, "Guided Image Filtering", IEEE TPAMI
  2013, equations 5, 6 and 8, with a gray guide.
- `transfer_colour` takes the colour cast of large areas from the input. The low frequencies of one image in the place of
  those of another are the colour fix of Wang et al., "Exploiting Diffusion Prior for Real-World Image Super-Resolution",
  IJCV 2024; here by a Gaussian, and of colour alone: brightness stays restored, or a veil would come back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Levels = NDArray[Any]
"""uint8 or uint16."""

EPSILON = 0.02**2
"""Variance, of values in [0, 1], below which the guided filter smooths: the paper's choice for fine detail."""

# A Gaussian is cut off at so many of its standard deviations.
_CUT = 4
# Rows at a time: as floats, and with ten arrays of them, a tenth of what a tile takes.
_BAND = 128
# BT.601, full range.
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def luma(image: Pixels) -> Pixels:
    """Returns BT.601 luma of RGB, [H, W, 3] to [H, W]."""
    return image @ _LUMA


def guided_filter(guide: Pixels, image: Pixels, radius: int, epsilon: float = EPSILON) -> Pixels:
    """Smooths an image where the guide is smooth.

    Args:
        guide: float32 [H, W].
        image: float32 [H, W, C].
        radius: Of the square window, (2 radius + 1) pixels a side.
        epsilon: Variance of the guide below which it counts as smooth.

    Returns:
        float32 [H, W, C]; each pixel depends on those at most 2 `radius` away.
    """
    mean_guide = _box(guide, radius)
    variance = _box(guide * guide, radius) - mean_guide**2
    mean = _box(image, radius)
    covariance = _box(image * guide[..., None], radius) - mean * mean_guide[..., None]
    slope = covariance / (variance + epsilon)[..., None]
    offset = mean - slope * mean_guide[..., None]
    return _box(slope, radius) * guide[..., None] + _box(offset, radius)


def transfer_colour(image: Pixels, restored: Pixels, radius: int) -> Pixels:
    """Gives a restored image the colour that the input has over large areas; its luma is unchanged.

    Args:
        image: The input, float32 [H, W, 3].
        restored: float32 [H, W, 3].
        radius: Standard deviation of the Gaussian in pixels: what is larger counts as low frequency.

    Returns:
        float32 [H, W, 3], not clipped; each pixel depends on those at most 4 `radius` away.
    """
    side = 2 * _CUT * radius + 1
    difference = cv2.GaussianBlur(image - restored, (side, side), radius, borderType=cv2.BORDER_REFLECT)
    return restored + difference - luma(difference)[..., None]


def post_process(image: Levels, restored: Levels, guided: int, colour: int) -> Levels:
    """Applies what is asked for, band by band, so that a large image costs the memory of a band.

    Args:
        image: The input, uint8 or uint16 [H, W, 3].
        restored: Of the same shape and depth.
        guided: Radius of `guided_filter`, with the restored luma as guide; 0 for none.
        colour: Radius of `transfer_colour`, which comes after it; 0 for none.

    Returns:
        [H, W, 3] of the same depth.
    """
    if not guided and not colour:
        return restored

    def steps(before: Pixels, after: Pixels) -> Pixels:
        if guided:
            after = guided_filter(luma(after), after, guided)
        return transfer_colour(before, after, colour) if colour else after

    return _in_bands(steps, image, restored, 2 * guided + _CUT * colour)


def _in_bands(
    steps: Callable[[Pixels, Pixels], Pixels],
    image: Levels,
    restored: Levels,
    reach: int,
) -> Levels:
    """Applies to bands of rows, each with the rows around it that it depends on, what reaches so many pixels far."""
    height, most = len(image), np.float32(np.iinfo(image.dtype).max)
    result = np.empty_like(restored)
    for top in range(0, height, _BAND):
        first, bottom = max(0, top - reach), min(height, top + _BAND)
        seen = slice(first, min(height, bottom + reach))
        floats = steps(image[seen].astype(np.float32) / most, restored[seen].astype(np.float32) / most)
        done = floats[top - first : bottom - first]
        result[top:bottom] = np.rint(np.clip(done, 0.0, 1.0) * most).astype(image.dtype)
    return result


def _box(image: Pixels, radius: int) -> Pixels:
    side = 2 * radius + 1
    filtered = cv2.boxFilter(image, cv2.CV_32F, (side, side), borderType=cv2.BORDER_REFLECT)
    return filtered.reshape(image.shape)  # OpenCV drops a last axis of one channel
