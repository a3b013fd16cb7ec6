"""Pixels in and out of the graph: the one place where images are decoded, scaled, rounded and encoded.

Training, serving and validation all go through here, so that none of them sees an image differently.
"""

from __future__ import annotations

import tensorflow as tf


def decode_image(encoded: tf.Tensor) -> tf.Tensor:
    """Decodes a PNG or JPEG.

    Args:
        encoded: Scalar string.

    Returns:
        uint8 [H, W, 3], RGB; gray is repeated, alpha dropped. JPEGs are decoded with the exact integer transform, as
        libjpeg does by default, so that the pixels equal those of other decoders.
    """
    return tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE")  # the op decodes PNG as well


def to_unit(image: tf.Tensor) -> tf.Tensor:
    """Turns uint8 [0, 255] into float32 [0, 1] of the same shape."""
    return tf.cast(image, tf.float32) / 255.0


def to_uint8(image: tf.Tensor) -> tf.Tensor:
    """Turns float images into what is written: clipped to [0, 1], times 255, rounded half to even, uint8."""
    return tf.cast(tf.round(tf.clip_by_value(image, 0.0, 1.0) * 255.0), tf.uint8)


def as_written(image: tf.Tensor) -> tf.Tensor:
    """Returns float images as they read back after 8-bit writing, float32 in [0, 1]: what a measure must see."""
    return to_unit(to_uint8(image))


def encode_png(image: tf.Tensor) -> tf.Tensor:
    """Encodes one float image [H, W, 3] as PNG bytes (scalar string)."""
    return tf.io.encode_png(to_uint8(image))


def fitted_size(height: tf.Tensor, width: tf.Tensor, max_side: int) -> tf.Tensor:
    """Returns int32 [2], the (height, width) that keeps the aspect and has no side above `max_side`, none below 1."""
    size = tf.cast(tf.stack([height, width]), tf.float64)
    scale = tf.minimum(tf.constant(1.0, tf.float64), max_side / tf.reduce_max(size))
    return tf.maximum(tf.cast(tf.round(size * scale), tf.int32), 1)


def shrink(image: tf.Tensor, max_side: int) -> tf.Tensor:
    """Shrinks by area averaging until no side is above `max_side`.

    Args:
        image: float32 [H, W, 3].
        max_side: Pixels; 0 leaves the image alone.

    Returns:
        float32 [H', W', 3].
    """
    if not max_side:
        return image
    shape = tf.shape(image)
    return tf.image.resize(image, fitted_size(shape[0], shape[1], max_side), method="area")
