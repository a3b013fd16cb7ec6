"""An output that is, around each pixel, a linear function of the input: what haze does to a channel, undone.

Haze is I = J t + A (1 - t) with a transmission t that changes slowly beside objects of one depth (Koschmieder, 1924), so the
clean J = I / t + A (1 - 1 / t) is linear in I within a small area. A network that restores each window by itself leaves steps
where its windows meet; they are no function of the input, and disappear from such an output.
"""

from __future__ import annotations

import tensorflow as tf

from model_code.network.padding import reflect_to_multiple
from model_code.network.windows import dims

CELL = 4
"""Side in pixels of the cells whose means the functions are fitted to, as in K. He and J. Sun, "Fast Guided Filter", 2015,
arXiv:1505.00996."""

EPSILON = 1e-5
"""Variance of the input's cells, for values in [0, 1], below which an area counts as plain: that of a camera's noise."""


def locally_linear(image: tf.Tensor, restored: tf.Tensor, radius: int) -> tf.Tensor:
    """Returns the nearest output that is a linear function of the input around each pixel, channel by channel.

    The guided filter of K. He, J. Sun and X. Tang, IEEE TPAMI 35(6), 2013, DOI 10.1109/TPAMI.2012.213, equations 5, 6 and 8,
    with each channel of the input as the guide of its own.

    Args:
        image: The input, float32 [B, H, W, 3] in [0, 1].
        restored: The network's output, float32 [B, H, W, 3].
        radius: Half the side in pixels of the square that a function is fitted to.

    Returns:
        float32 [B, H, W, 3], not clipped.
    """
    _, height, width, _ = dims(image)
    cells = max(1, radius // CELL)
    padded = reflect_to_multiple(image, CELL)
    guide, wanted = (
        tf.nn.avg_pool2d(each, CELL, CELL, "VALID") for each in (padded, reflect_to_multiple(restored, CELL))
    )
    mean_guide, mean = _box_mean(guide, cells), _box_mean(wanted, cells)
    variance = _box_mean(tf.square(guide - mean_guide), cells)
    covariance = _box_mean((guide - mean_guide) * (wanted - mean), cells)
    slope = covariance / (variance + EPSILON)
    offset = mean - slope * mean_guide
    slope, offset = (
        tf.image.resize(_box_mean(each, cells), tf.shape(padded)[1:3], "bilinear") for each in (slope, offset)
    )
    return tf.ensure_shape((slope * padded + offset)[:, :height, :width, :], image.shape)


def _box_mean(values: tf.Tensor, cells: int) -> tf.Tensor:
    """Returns the mean over the square around each cell, of which only cells within the image count."""
    return tf.nn.avg_pool2d(values, 2 * cells + 1, 1, "SAME")
