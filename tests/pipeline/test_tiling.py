"""Tiles against the whole."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from pipeline.tiling import restore_tiled


def _blur(image):
    """Reaches three pixels far, and does at the image's border what a network does: something of its own."""
    return uniform_filter(image, size=(7, 7, 1), mode="reflect")


@pytest.mark.parametrize("size", [(100, 130), (64, 300), (33, 31), (97, 64)])
def test_tiles_equal_the_whole_when_the_margin_covers_the_reach(size):
    image = np.random.default_rng(1).random((*size, 3), dtype=np.float32)
    tiled = restore_tiled(_blur, image, tile=32, margin=4)
    np.testing.assert_allclose(tiled, _blur(image), atol=1e-6)


def test_a_margin_that_is_too_small_leaves_seams():
    image = np.random.default_rng(1).random((100, 130, 3), dtype=np.float32)
    assert np.abs(restore_tiled(_blur, image, tile=32, margin=1) - _blur(image)).max() > 1e-3


def test_a_small_image_is_restored_in_one_piece():
    seen = []
    restore_tiled(lambda part: seen.append(part.shape) or part, np.zeros((40, 40, 3), np.float32), tile=32, margin=4)
    assert seen == [(40, 40, 3)]


def test_no_call_sees_more_than_a_tile_and_its_margins():
    seen = []
    image = np.zeros((400, 500, 3), np.float32)
    restore_tiled(lambda part: seen.append(part.shape) or part, image, tile=64, margin=16)
    assert max(max(shape[:2]) for shape in seen) <= 64 + 2 * 16
