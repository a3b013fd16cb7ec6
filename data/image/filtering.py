"""The guided filter: smoothing that keeps the edges of a guide."""

from __future__ import annotations

import cv2

from data.image.arrays import ImageF32, PlaneF32

EPSILON = 0.02**2
"""Variance, of values in [0, 1], below which the guided filter smooths: the paper's choice for fine detail."""


def guided_filter(guide: PlaneF32, image: ImageF32, radius: int, epsilon: float = EPSILON) -> ImageF32:
    """Smooths an image where a guide is smooth, and keeps the guide's edges.

    K. He, J. Sun and X. Tang, "Guided Image Filtering", IEEE TPAMI 35(6), 2013, DOI 10.1109/TPAMI.2012.213: equations 5, 6
    and 8, with box means and a gray guide.

    Args:
        guide: float32 [H, W].
        image: float32 [H, W, C].
        radius: Half the side of the square window, which is 2 radius + 1 pixels.
        epsilon: Variance of the guide below which it counts as smooth.

    Returns:
        float32 [H, W, C]; each pixel depends on those at most 2 `radius` away.
    """
    mean_guide = _box_mean(guide, radius)
    variance = _box_mean(guide * guide, radius) - mean_guide**2
    mean = _box_mean(image, radius)
    covariance = _box_mean(image * guide[..., None], radius) - mean * mean_guide[..., None]
    slope = covariance / (variance + epsilon)[..., None]
    offset = mean - slope * mean_guide[..., None]
    return _box_mean(slope, radius) * guide[..., None] + _box_mean(offset, radius)


def _box_mean(image: ImageF32, radius: int) -> ImageF32:
    side = 2 * radius + 1
    filtered = cv2.boxFilter(image, cv2.CV_32F, (side, side), borderType=cv2.BORDER_REFLECT)
    return filtered.reshape(image.shape)  # OpenCV drops a last axis of one channel
