from __future__ import annotations

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from model_code.input import pixels
from tests.model_code import drawn_pairs


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_pixels_equal_those_of_another_decoder(kind: str) -> None:
    blob = drawn_pairs.encoded(noise(37, 50), kind)
    expected = np.asarray(Image.open(io.BytesIO(blob)).convert("RGB"))
    np.testing.assert_array_equal(pixels.decode_image(tf.constant(blob)), expected)


def test_gray_is_repeated_and_alpha_dropped() -> None:
    for mode, channels in (("L", 1), ("RGBA", 4)):
        file = io.BytesIO()
        array = np.arange(4 * 5 * channels, dtype=np.uint8).reshape(4, 5, channels)
        Image.fromarray(array.squeeze(), mode).save(file, "PNG")
        expected = np.repeat(array, 3, axis=2) if mode == "L" else array[..., :3]
        np.testing.assert_array_equal(pixels.decode_image(tf.constant(file.getvalue())), expected)


def test_every_level_survives_the_round_trip_to_float() -> None:
    levels = tf.constant(np.arange(256, dtype=np.uint8))
    np.testing.assert_array_equal(pixels.to_uint8(pixels.to_unit(levels)), levels)


def test_written_pixels_are_clipped_and_rounded() -> None:
    image = tf.constant([-0.3, 0.0, 0.4 / 255, 0.6 / 255, 254.6 / 255, 1.0, 7.0])
    np.testing.assert_array_equal(pixels.to_uint8(image), [0, 0, 0, 1, 255, 255, 255])


def test_png_holds_the_rounded_pixels() -> None:
    image = tf.random.stateless_uniform([9, 14, 3], [1, 2], -0.2, 1.2)
    decoded = tf.io.decode_png(pixels.encode_png(image))
    np.testing.assert_array_equal(pixels.to_unit(decoded), pixels.round_to_8_bits(image))


@pytest.mark.parametrize(
    ("size", "max_side", "expected"),
    [((40, 60), 30, (20, 30)), ((60, 40), 30, (30, 20)), ((40, 60), 60, (40, 60)), ((9, 900), 50, (1, 50))],
)
def test_shrinking_keeps_the_aspect_and_never_enlarges(size: tuple, max_side: int, expected: tuple) -> None:
    assert pixels.shrink(tf.zeros([*size, 3]), max_side).shape == (*expected, 3)


def test_shrinking_averages_areas() -> None:
    image = np.random.default_rng(0).random((8, 12, 3), dtype=np.float32)
    blocks = image.reshape(4, 2, 6, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(pixels.shrink(tf.constant(image), 6), blocks, atol=1e-6)
