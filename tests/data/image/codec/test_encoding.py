from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from data.image.codec.decoding import Limits, decode
from data.image.codec.encoding import encode_png, jpeg_data_uri
from tests.data.image.codec.encoded_samples import PIXELS


def test_png_is_lossless():
    np.testing.assert_array_equal(decode(encode_png(PIXELS), "x", Limits())[0], PIXELS)


def test_a_data_uri_holds_a_jpeg_whose_colour_is_not_subsampled():
    # Columns of red and blue: subsampled, both become the same purple.
    columns = np.zeros((16, 16, 3), np.uint8)
    columns[:, ::2, 0] = columns[:, 1::2, 2] = 255
    head, _, text = jpeg_data_uri(columns, 95).partition(",")
    assert head == "data:image/jpeg;base64"
    back = np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))).astype(int)
    assert np.abs(back - columns).mean() < 5
