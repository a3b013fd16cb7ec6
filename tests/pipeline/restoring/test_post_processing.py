"""The formulas, pixel by pixel, and the bands against the whole."""

import numpy as np
import pytest

from data.image.filtering import guided_filter
from data.image.luma import luma_float
from pipeline.restoring.post_processing import post_process, transfer_colour

RNG = np.random.default_rng(0)


def test_colour_is_transferred_and_brightness_is_not():
    image = np.full((40, 50, 3), (0.6, 0.4, 0.3), np.float32)
    veil = image + 0.2
    restored = image + np.float32([-0.05, 0.02, 0.04])
    done = transfer_colour(veil, restored, 4)
    np.testing.assert_allclose(luma_float(done), luma_float(restored), atol=1e-6)
    np.testing.assert_allclose(done - luma_float(done)[..., None], image - luma_float(image)[..., None], atol=1e-5)


def test_detail_stays_that_of_the_restored_image():
    flat = np.full((64, 64, 3), 0.5, np.float32)
    detail = flat + 0.1 * np.float32(np.indices((64, 64)).sum(0) % 2)[..., None] * np.float32([1, 0, -1])
    done = transfer_colour(flat, detail, 8)
    assert np.abs((done - detail) - (done - detail).mean((0, 1))).max() < 1e-3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_bands_equal_the_whole(dtype):
    most = np.iinfo(dtype).max
    image, restored = (RNG.integers(0, most, (1100, 21, 3)).astype(dtype) for _ in range(2))
    done = post_process(image, restored, 3, 5)
    floats = [np.float32(each) / np.float32(most) for each in (image, restored)]
    whole = transfer_colour(floats[0], guided_filter(luma_float(floats[1]), floats[1], 3), 5)
    assert done.dtype == dtype
    assert np.abs(done - np.rint(np.clip(whole, 0, 1) * most)).max() <= 1


def test_nothing_is_done_by_default():
    image = RNG.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    assert post_process(image, image, 0, 0) is image
