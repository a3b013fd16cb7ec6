"""Streaks drawn on a patch's input while training, as a graph: sparse drops, blurred along one direction.

Rougher than `data.synthesis.rain`, which needs OpenCV and linear light: here it only has to be quick and to differ each time.
"""

from __future__ import annotations

import math

import tensorflow as tf

KERNEL = 25  # pixels a side; no streak is longer
_DENSITY = (0.002, 0.012)  # share of pixels in which a drop starts
_LENGTH = (7.0, 23.0)  # pixels
_SLANT = math.radians(35.0)  # at most, from the vertical
_OPACITY = (0.25, 0.8)
_GLOW = 0.92  # level of a drop, in [0, 1]


def opacity(patch: int, seed: tf.Tensor, share: float) -> tf.Tensor:
    """Draws how much of each pixel is hidden by streaks.

    Args:
        patch: Side in pixels.
        seed: int64 [2].
        share: Of the patches that get any.

    Returns:
        float32 [patch, patch, 1] in [0, 1]; zero for the other patches.
    """
    drawn = tf.random.stateless_uniform([5], tf.random.experimental.stateless_fold_in(seed, 1))
    drops = tf.random.stateless_uniform([1, patch, patch, 1], tf.random.experimental.stateless_fold_in(seed, 2))
    dots = tf.cast(drops < _between(drawn[0], _DENSITY), tf.float32)
    line = _line(_between(drawn[1], _LENGTH), (2.0 * drawn[2] - 1.0) * _SLANT)
    hidden = tf.nn.conv2d(dots, line[..., tf.newaxis, tf.newaxis], 1, "SAME")[0]
    strength = tf.where(drawn[4] < share, _between(drawn[3], _OPACITY), 0.0)
    return strength * tf.minimum(hidden, 1.0)


def add(inputs: tf.Tensor, hidden: tf.Tensor) -> tf.Tensor:
    """Puts streaks over images: float32 [B, H, W, 3] in [0, 1] and [B, H, W, 1], to [B, H, W, 3] in [0, 1]."""
    return inputs + hidden * tf.maximum(_GLOW - inputs, 0.0)


def _line(length: tf.Tensor, slant: tf.Tensor) -> tf.Tensor:
    """Returns float32 [KERNEL, KERNEL]: a soft line through the middle, one pixel wide, 1 at its axis."""
    reach = tf.range(KERNEL, dtype=tf.float32) - KERNEL // 2
    down, across = reach[:, tf.newaxis], reach[tf.newaxis, :]
    along = down * tf.cos(slant) + across * tf.sin(slant)
    beside = tf.abs(across * tf.cos(slant) - down * tf.sin(slant))
    return tf.maximum(1.0 - beside, 0.0) * tf.cast(tf.abs(along) <= length / 2.0, tf.float32)


def _between(draw: tf.Tensor, bounds: tuple[float, float]) -> tf.Tensor:
    return bounds[0] + draw * (bounds[1] - bounds[0])
