"""sRGB bytes to linear light and back (IEC 61966-2-1): weather mixes light, not bytes."""

from __future__ import annotations

import numpy as np

from data.image.arrays import ImageF32, ImageU8


def require_rgb(image: ImageU8) -> None:
    """Refuses an array that is not a uint8 RGB image.

    Args:
        image: Expected to be uint8 [H, W, 3].

    Raises:
        ValueError: It has another type or shape.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"expected uint8 [H, W, 3], got {image.dtype} {image.shape}")


def to_linear(image: ImageU8) -> ImageF32:
    """Converts sRGB bytes to linear light.

    Args:
        image: uint8, of any shape.

    Returns:
        float32 in [0, 1], of the same shape.
    """
    value = np.arange(256) / 255.0
    table = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return table[image]


def to_srgb(light: ImageF32) -> ImageU8:
    """Converts linear light to sRGB bytes, clipped and rounded.

    Args:
        light: float32, nominally in [0, 1], of any shape.

    Returns:
        uint8, of the same shape.
    """
    # 65,536 steps are at most a twentieth of a grey level apart, and a table takes a sixth of the time of a power.
    value = np.arange(65_536) / 65_535.0
    curve = np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)
    table = np.rint(255.0 * curve).astype(np.uint8)
    return table[np.rint(np.clip(light, 0.0, 1.0) * np.float32(65_535.0)).astype(np.uint16)]
