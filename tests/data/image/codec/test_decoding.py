from __future__ import annotations

import numpy as np
import pytest

from data.errors import InputError
from data.image.codec.decoding import Limits, decode, decode_unchanged, open_header
from tests.data.image.codec.encoded_samples import KEPT, PIXELS, REENCODED, REFUSED, turned


@pytest.fixture
def limits() -> Limits:
    return Limits()


def test_orientation_is_applied(limits: Limits):
    pixels, _ = decode(turned("PNG"), "x", limits)
    np.testing.assert_array_equal(pixels, np.rot90(PIXELS, -1))


def test_16_bits_keep_the_high_byte(limits: Limits):
    pixels, _ = decode(REENCODED["16 bits gray"], "x", limits)
    np.testing.assert_array_equal(pixels, np.repeat(PIXELS[..., :1], 3, axis=2))


def test_an_image_can_be_decoded_unchanged(limits: Limits):
    assert decode_unchanged(turned("PNG"), "x", limits).size == (51, 37)
    assert decode_unchanged(REENCODED["alpha channel"], "x", limits).mode == "RGBA"
    with pytest.raises(InputError, match=REFUSED["half a PNG"][1]):
        decode_unchanged(REFUSED["half a PNG"][0], "x", limits)


@pytest.mark.parametrize("name", KEPT)
def test_a_header_gives_format_and_size(name: str):
    image = open_header(KEPT[name])
    assert image.size == (51, 37)
    assert image.format == ("PNG" if "png" in name else "JPEG")
