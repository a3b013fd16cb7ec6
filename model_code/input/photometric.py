"""Photometric augmentation, the same for both images of a pair: gamma, colour, contrast, brightness and MixUp."""

from __future__ import annotations

import tensorflow as tf

from model_code.settings import AugmentSettings

DRAWS = 6  # random numbers that `jitter` needs for each patch


def jitter(images: tf.Tensor, draws: tf.Tensor, settings: AugmentSettings) -> tf.Tensor:
    """Changes gamma, the channels' gains, contrast and brightness, in this order, and clips to [0, 1].

    Args:
        images: float32 [B, H, W, C] in [0, 1], with C a multiple of 3: one or several RGB images, all changed alike.
        draws: float32 [B, DRAWS], uniform random numbers in [0, 1).
        settings: The largest change of each.

    Returns:
        float32 [B, H, W, C] in [0, 1].
    """
    swings = tf.reshape(2.0 * draws - 1.0, [-1, 1, 1, DRAWS])
    gains = 1.0 + settings.colour * swings[..., 3:]
    gains = tf.tile(gains, [1, 1, 1, images.shape[-1] // 3])
    changed = images ** tf.exp(settings.gamma * swings[..., :1]) if settings.gamma else images
    changed = changed * gains
    changed = (changed - 0.5) * (1.0 + settings.contrast * swings[..., 1:2]) + 0.5
    return tf.clip_by_value(changed + settings.brightness * swings[..., 2:3], 0.0, 1.0)


def mixup(images: tf.Tensor, shares: tf.Tensor) -> tf.Tensor:
    """Mixes each patch with the one before it in the batch (MixUp: Zhang et al., 2018, arXiv:1710.09412).

    Args:
        images: float32 [B, H, W, C], input and target stacked on the channels.
        shares: float32 [B] in [0, 1], weight of the patch itself; its neighbour's weight is the rest.

    Returns:
        float32 [B, H, W, C].
    """
    own = tf.reshape(shares, [-1, 1, 1, 1])
    return own * images + (1.0 - own) * tf.roll(images, 1, axis=0)


def mixing_share(seed: tf.Tensor, alpha: float) -> tf.Tensor:
    """Draws the weight of a patch in MixUp.

    Args:
        seed: int64 [2].
        alpha: Above 0.

    Returns:
        float32 scalar in [0, 1], distributed as Beta(alpha, alpha).
    """
    one, other = tf.unstack(tf.random.stateless_gamma([2], seed, alpha) + 1e-12)
    return one / (one + other)
