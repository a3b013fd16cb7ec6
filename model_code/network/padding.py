"""Padding by reflection, as `numpy.pad(mode="reflect")` does it: 0 1 2 3 becomes 0 1 2 3 2 1 0 1 2 ..."""

from __future__ import annotations

import tensorflow as tf

from model_code.network.windows import Side, dims


def reflect_to_multiple(image: tf.Tensor, multiple: int) -> tf.Tensor:
    """Pads images at the bottom and the right by reflection until both sides are multiples of a number.

    Args:
        image: [B, H, W, C], any H and W. An image too small for one reflection is reflected to and fro.
        multiple: In pixels.

    Returns:
        [B, H', W', C] of the same type, H' and W' multiples of `multiple`.
    """
    for axis in (1, 2):
        length = dims(image)[axis]
        if isinstance(length, int) and length % multiple == 0:
            continue
        padded_length = -(-length // multiple) * multiple
        image = tf.gather(image, reflected_index(tf.range(padded_length), length), axis=axis)
    return image


def reflected_index(index: tf.Tensor, length: Side) -> tf.Tensor:
    """Returns the pixels that stand at indices beyond an image's side after reflection without repeating the edge.

    Args:
        index: int32 [N], 0 or more.
        length: Pixels along the side; a side of one pixel is repeated.

    Returns:
        int32 [N], each below `length`: 0 1 2 1 0 1 ... for the indices 0 1 2 3 4 5 ... and a length of 3.
    """
    period = tf.maximum(2 * (length - 1), 1)
    position = index % period
    return tf.minimum(position, period - position)
