"""Crops of photographs for pairs: cut where chance says, scaled down, and mirrored in one half of the cases."""

from __future__ import annotations

import math

import cv2
import numpy as np

from data.image.arrays import ImageU8
from data.synthesis.linear_light import require_rgb
from data.synthesis.random_streams import between


def least_scale(photo: ImageU8, size: tuple[int, int]) -> float:
    """Returns the scale at which a crop spans the whole photograph in one direction.

    Args:
        photo: uint8 RGB [H, W, 3].
        size: (height, width) of the crop in pixels.

    Returns:
        The scale, in (0, 1].

    Raises:
        ValueError: The photograph is not uint8 RGB, or is smaller than the crop.
    """
    require_rgb(photo)
    scale = max(size[0] / photo.shape[0], size[1] / photo.shape[1])
    if scale > 1.0:
        raise ValueError(f"a photograph of {photo.shape[0]} x {photo.shape[1]} holds no patch of {size[0]} x {size[1]}")
    return scale


def scaled_crop(
    photo: ImageU8, size: tuple[int, int], scales: tuple[float, float], rng: np.random.Generator
) -> ImageU8:
    """Cuts a patch out of a photograph that is scaled by a random factor, and mirrors it in one half of the cases.

    Args:
        photo: uint8 RGB [H, W, 3].
        size: (height, width) of the patch in pixels.
        scales: Smallest and largest factor, from `least_scale` to 1; their logarithms are drawn from evenly.
        rng: Source of chance.

    Returns:
        uint8 RGB of that size, contiguous.
    """
    height, width = size
    scale = math.exp(between(rng, (math.log(scales[0]), math.log(scales[1]))))
    rows = min(photo.shape[0], round(height / scale))
    columns = min(photo.shape[1], round(width / scale))
    top = int(rng.random() * (photo.shape[0] - rows + 1))
    left = int(rng.random() * (photo.shape[1] - columns + 1))
    piece = photo[top : top + rows, left : left + columns]
    if (rows, columns) != (height, width):
        piece = np.asarray(cv2.resize(piece, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    return np.ascontiguousarray(piece)
