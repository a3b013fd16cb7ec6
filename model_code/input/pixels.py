"""Decodes, scales, rounds and encodes images inside the graph.

Training, validation and serving share these functions, so that all of them see the same pixels.
"""

from __future__ import annotations

import tensorflow as tf


def decode_image(encoded: tf.Tensor) -> tf.Tensor:
    """Decodes a PNG or JPEG.

    JPEGs are decoded with the accurate integer DCT, libjpeg's default, so that the pixels equal those of other decoders.

    Args:
        encoded: Scalar string.

    Returns:
        uint8 [H, W, 3], RGB; gray is repeated, alpha is dropped.
    """
    return tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE")  # the op decodes PNG as well


def to_unit(image: tf.Tensor) -> tf.Tensor:
    """Converts 8-bit images to floats.

    Args:
        image: uint8 of any shape, 0 to 255.

    Returns:
        float32 of the same shape, in [0, 1].
    """
    return tf.cast(image, tf.float32) / 255.0


def to_uint8(image: tf.Tensor) -> tf.Tensor:
    """Converts float images to 8 bits: clips to [0, 1], multiplies by 255 and rounds half to even.

    Args:
        image: float32 of any shape, nominally in [0, 1].

    Returns:
        uint8 of the same shape.
    """
    return tf.cast(tf.round(tf.clip_by_value(image, 0.0, 1.0) * 255.0), tf.uint8)


def round_to_8_bits(image: tf.Tensor) -> tf.Tensor:
    """Rounds float images to the values that an 8-bit file holds; scores are measured on these.

    Args:
        image: float32 of any shape, nominally in [0, 1].

    Returns:
        float32 of the same shape, multiples of 1/255 in [0, 1].
    """
    return to_unit(to_uint8(image))


def encode_png(image: tf.Tensor) -> tf.Tensor:
    """Encodes a float image as PNG.

    Args:
        image: float32 [H, W, 3], nominally in [0, 1].

    Returns:
        Scalar string.
    """
    return tf.io.encode_png(to_uint8(image))


def fitted_size(height: tf.Tensor, width: tf.Tensor, max_side: int) -> tf.Tensor:
    """Returns the size of a shrunken image that keeps the aspect ratio.

    Args:
        height: int32 scalar, in pixels.
        width: int32 scalar, in pixels.
        max_side: Longest side allowed, in pixels.

    Returns:
        int32 [2], height and width, at least 1 and at most `max_side`.
    """
    size = tf.cast(tf.stack([height, width]), tf.float64)
    scale = tf.minimum(tf.constant(1.0, tf.float64), max_side / tf.reduce_max(size))
    return tf.maximum(tf.cast(tf.round(size * scale), tf.int32), 1)


def shrink(image: tf.Tensor, max_side: int) -> tf.Tensor:
    """Shrinks an image by area averaging until no side is longer than `max_side`.

    Args:
        image: float32 [H, W, 3].
        max_side: In pixels; 0 never shrinks.

    Returns:
        float32 [H', W', 3].
    """
    if not max_side:
        return image
    shape = tf.shape(image)
    return tf.image.resize(image, fitted_size(shape[0], shape[1], max_side), method="area")
