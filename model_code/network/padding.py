"""Reflection of an image to a size that the windows divide."""

from __future__ import annotations

import tensorflow as tf

from model_code.network.windows import dims


def reflect_to_multiple(image: tf.Tensor, multiple: int) -> tf.Tensor:
    """Extend [B, H, W, C] at the bottom and the right until H and W are multiples, by reflection without the border.

    An image too small for one reflection is reflected to and fro, as `numpy.pad(mode="reflect")` does it; a side of
    one pixel is repeated.
    """
    for axis in (1, 2):
        length = dims(image)[axis]
        if isinstance(length, int) and length % multiple == 0:
            continue
        image = tf.gather(image, _reflected(length, -(-length // multiple) * multiple), axis=axis)
    return image


def _reflected(length: int | tf.Tensor, extended: int | tf.Tensor) -> tf.Tensor:
    """Return, for each place of the extended side, the place it shows: 0 1 2 3 2 1 0 1 ... for length 4."""
    period = tf.maximum(2 * (length - 1), 1)
    place = tf.range(extended) % period
    return tf.minimum(place, period - place)
