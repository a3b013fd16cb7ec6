"""Paired augmentation: one random crop and one flip or quarter turn, drawn from a seed, the same for both images.

Both images of a pair are stacked on the channel axis first, so that no operation can move one image and not the other.
"""

from __future__ import annotations

import tensorflow as tf

from model_code.network.padding import reflected_index
from model_code.settings import Turns

# Bit 0 flips the rows, bit 1 the columns, bit 2 transposes.
_TRANSFORM_COUNT: dict[Turns, int] = {"dihedral": 8, "flips": 4, "none": 1}


def random_crop(pair: tf.Tensor, patch: int, seed: tf.Tensor, turns: Turns = "dihedral") -> tf.Tensor:
    """Cuts a random patch out of a stacked pair, and flips and turns it at random.

    Args:
        pair: [H, W, C], input and target stacked on the channels. A side shorter than the patch is padded by
            reflection.
        patch: Side of the patch in pixels.
        seed: int64 or int32 [2]; the same seed always gives the same patch.
        turns: "dihedral" for one of the 8 flips and quarter turns, "flips" for one of the 4 without quarter turns, or
            "none".

    Returns:
        [patch, patch, C] of the same type. Every offset is equally likely, the last included.
    """
    shape = tf.shape(pair)
    down, across, transform = tf.unstack(tf.random.stateless_uniform([3], seed, minval=0, maxval=2**30, dtype=tf.int32))
    transform = transform % _TRANSFORM_COUNT[turns]
    rows = _indices(shape[0], patch, down, backwards=transform % 2 == 1)
    columns = _indices(shape[1], patch, across, backwards=transform // 2 % 2 == 1)
    crop = tf.gather(tf.gather(pair, rows, axis=0), columns, axis=1)
    crop = tf.where(transform // 4 == 1, tf.transpose(crop, [1, 0, 2]), crop)
    return tf.ensure_shape(crop, [patch, patch, pair.shape[-1]])


def _indices(length: tf.Tensor, patch: int, draw: tf.Tensor, backwards: tf.Tensor) -> tf.Tensor:
    """Returns int32 [patch], the pixel indices along one side, from a random offset on, or the same ones reversed."""
    offset = draw % (tf.maximum(length, patch) - patch + 1)
    steps = tf.range(patch)
    return reflected_index(offset + tf.where(backwards, patch - 1 - steps, steps), length)
