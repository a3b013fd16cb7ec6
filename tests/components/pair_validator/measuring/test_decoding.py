"""What is decoded, and what is refused before it."""

import struct
import zlib

import numpy as np
import pytest

from components.pair_validator.measuring.decoding import BOMB, MISSING, NOT_AN_IMAGE, OK, UNDECODABLE, decode
from components.pair_validator.settings import PairLimits
from tests.components.pair_validator.drawing import encode, scene

LIMITS = PairLimits()


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width, height):
    """A PNG whose header promises a size, with next to nothing behind it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_images_are_decoded(kind):
    image = decode(encode(scene(1), kind), LIMITS)
    assert (image.status, image.format, image.height, image.width, image.channels) == (OK, kind, 200, 264, 3)
    assert image.pixels.shape == (200, 264, 3)


def test_grey_images_become_rgb_and_report_one_channel():
    image = decode(encode(scene(1)[..., 0]), LIMITS)
    assert image.channels == 1
    assert np.array_equal(image.pixels[..., 0], image.pixels[..., 2])


@pytest.mark.parametrize("nothing", [None, b""])
def test_a_missing_file_is_a_missing_partner(nothing):
    assert decode(nothing, LIMITS).status == MISSING


@pytest.mark.parametrize("text", [b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\n", b"GIF", b"\x00" * 99])
def test_text_is_not_an_image_and_its_first_bytes_are_reported(text):
    image = decode(text, LIMITS)
    assert image.status == NOT_AN_IMAGE
    assert repr(text[:24]) in image.problem


def test_a_format_that_the_trainer_does_not_read_is_not_opened():
    assert decode(encode(scene(1), "BMP"), LIMITS).status == NOT_AN_IMAGE


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_truncated_file_is_undecodable(kind):
    encoded = encode(scene(1), kind)
    image = decode(encoded[: len(encoded) // 2], LIMITS)
    assert image.status == UNDECODABLE
    assert image.problem
    assert image.pixels is None


@pytest.mark.parametrize("size", [(20_000, 20_000), (9_000, 9_000)])
def test_a_header_that_promises_too_much_is_a_bomb_and_not_decoded(size):
    image = decode(png_header(*size), LIMITS)
    assert image.status == BOMB
    assert image.pixels is None


def test_limits_are_obeyed():
    encoded = encode(scene(1))
    assert decode(encoded, PairLimits(max_bytes=len(encoded) - 1)).status == BOMB
    assert decode(encoded, PairLimits(max_pixels=200 * 264 - 1)).status == BOMB
    assert decode(encoded, PairLimits(max_bytes=len(encoded), max_pixels=200 * 264)).status == OK
