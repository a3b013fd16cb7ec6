"""Rain streaks drawn on a patch's input during training, inside the graph: sparse drops, blurred along one direction.

They are simpler than those of `data.synthesis.rain`, which needs OpenCV and linear light, but fast, and new in each step.
"""

from __future__ import annotations

import math

import tensorflow as tf

KERNEL = 25  # side of the blur kernel in pixels; no streak is longer
_DENSITY = (0.002, 0.012)  # share of pixels at which a streak lies
_LENGTH = (7.0, 23.0)  # pixels
_MAX_SLANT = math.radians(35.0)  # from the vertical
_OPACITY = (0.25, 0.8)
_GLOW = 0.92  # brightness of a drop, in [0, 1]


def opacity(patch: int, seed: tf.Tensor, share: float) -> tf.Tensor:
    """Draws the opacity of streaks over a patch.

    Args:
        patch: Side of the patch in pixels.
        seed: int64 [2].
        share: Probability that the patch gets streaks, in [0, 1].

    Returns:
        float32 [patch, patch, 1] in [0, 1]; 0 everywhere if the patch gets none.
    """
    drawn = tf.random.stateless_uniform([5], tf.random.experimental.stateless_fold_in(seed, 1))
    drops = tf.random.stateless_uniform([1, patch, patch, 1], tf.random.experimental.stateless_fold_in(seed, 2))
    dots = tf.cast(drops < _between(drawn[0], _DENSITY), tf.float32)
    line = _line(_between(drawn[1], _LENGTH), (2.0 * drawn[2] - 1.0) * _MAX_SLANT)
    hidden = tf.nn.conv2d(dots, line[..., tf.newaxis, tf.newaxis], 1, "SAME")[0]
    strength = tf.where(drawn[4] < share, _between(drawn[3], _OPACITY), 0.0)
    return strength * tf.minimum(hidden, 1.0)


def add(inputs: tf.Tensor, hidden: tf.Tensor) -> tf.Tensor:
    """Blends streaks over images; they brighten and never darken.

    Args:
        inputs: float32 [B, H, W, 3] in [0, 1].
        hidden: Opacity of the streaks, float32 [B, H, W, 1] in [0, 1].

    Returns:
        float32 [B, H, W, 3] in [0, 1].
    """
    return inputs + hidden * tf.maximum(_GLOW - inputs, 0.0)


def _line(length: tf.Tensor, slant: tf.Tensor) -> tf.Tensor:
    """Returns the blur kernel, float32 [KERNEL, KERNEL]: an antialiased line through the centre, one pixel wide."""
    reach = tf.range(KERNEL, dtype=tf.float32) - KERNEL // 2
    down, across = reach[:, tf.newaxis], reach[tf.newaxis, :]
    along = down * tf.cos(slant) + across * tf.sin(slant)
    beside = tf.abs(across * tf.cos(slant) - down * tf.sin(slant))
    return tf.maximum(1.0 - beside, 0.0) * tf.cast(tf.abs(along) <= length / 2.0, tf.float32)


def _between(draw: tf.Tensor, bounds: tuple[float, float]) -> tf.Tensor:
    return bounds[0] + draw * (bounds[1] - bounds[0])
