"""The thumbnails of the reason codes: one for each, small, and the same at every call."""

import io

import numpy as np
from PIL import Image

from components.pair_validator.judging.reasons import MEANINGS
from docs.generate import thumbnails


def test_each_code_has_a_thumbnail_of_whole_pairs():
    pairs = thumbnails._pairs()
    assert pairs.keys() == {*MEANINGS, "ok"}
    for shown in pairs.values():
        with Image.open(io.BytesIO(thumbnails.encoded(shown))) as image:
            assert image.size == (len(shown) * 2 * (180 + 6) - 6, 120)


def test_drawing_repeats():
    first, second = thumbnails._pairs()["ok"], thumbnails._pairs()["ok"]
    np.testing.assert_array_equal(first[0][0], second[0][0])
    assert np.abs(first[0][0].astype(int) - first[0][1]).max() > 30  # rain on one of them
