"""Tiles against the whole."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from model_code.saved_model.tiling import ALIGNMENT, Tiling, tiling_for
from pipeline.restoring.tiled_restoration import restore_tiled
from tests.pipeline.restoring.seams import seam_energy

SIZES = [(100, 130), (64, 300), (33, 31), (97, 64), (300, 41)]


def _blur(image):
    """Reaches three pixels far, and does at the image's border what a network does: something of its own."""
    return uniform_filter(image, size=(7, 7, 1), mode="reflect")


def _image(size, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def _whole(image):
    return np.rint(_blur(image.astype(np.float32) / 255) * 255).astype(int)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("fade", [0, 3, 8])
def test_tiles_equal_the_whole_when_margin_less_fade_covers_the_reach(size, fade):
    image = _image(size)
    tiled = restore_tiled(_blur, image, Tiling(tile=32, margin=12, fade=fade))
    difference = np.abs(tiled.astype(int) - _whole(image))
    assert difference.max() <= 1  # sums in another order may round to another level
    assert (difference != 0).mean() < 0.001


@pytest.mark.parametrize("size", SIZES)
def test_weights_add_up_to_one_everywhere(size):
    image = np.full((*size, 3), 200, np.uint8)
    assert (restore_tiled(lambda part: part, image, Tiling(tile=32, margin=16, fade=8)) == 200).all()


def test_where_tiles_disagree_a_cut_shows_and_a_fade_does_not():
    """Each call answers a little brighter than the one before: the worst that a network's far reach could do."""
    calls = iter(range(1000))

    def drifting(part):
        return part + 0.04 * (next(calls) % 2)

    noisy = np.uint8(100 + np.random.default_rng(0).normal(0, 2, (200, 330, 3)))
    cut = seam_energy(restore_tiled(drifting, noisy, Tiling(tile=64, margin=32, fade=0)), 64)
    faded = seam_energy(restore_tiled(drifting, noisy, Tiling(tile=64, margin=32, fade=16)), 64)
    assert seam_energy(noisy, 64) == pytest.approx(1, abs=0.1)
    assert cut > 4
    assert faded < 1.15


@pytest.mark.parametrize("fade", [0, 8])
def test_sixteen_bits_keep_their_depth(fade):
    image = np.random.default_rng(2).integers(0, 65536, (90, 130, 3), dtype=np.uint16)
    tiling = Tiling(tile=32, margin=12, fade=fade)
    same = restore_tiled(lambda part: part, image, tiling)
    assert same.dtype == np.uint16
    assert np.abs(same.astype(int) - image).max() <= (1 if fade else 0)  # two weights of float32 need not add up to 1
    blurred = restore_tiled(_blur, image, tiling)
    whole = np.rint(_blur(image.astype(np.float32) / 65535) * 65535)
    assert np.abs(blurred - whole).max() <= 1


def test_a_small_image_is_restored_in_one_piece():
    seen = []
    restore_tiled(lambda part: seen.append(part.shape) or part, _image((40, 40)), Tiling(tile=32, margin=4, fade=2))
    assert seen == [(40, 40, 3)]


def test_no_call_sees_more_than_a_tile_and_its_margins():
    seen = []
    tiling = Tiling(tile=64, margin=16, fade=8)
    restore_tiled(lambda part: seen.append(part.shape) or part, np.zeros((400, 500, 3), np.uint8), tiling)
    assert max(max(shape[:2]) for shape in seen) <= tiling.largest == 64 + 2 * 16


@pytest.mark.parametrize("width", [8, 16, 32])
def test_tiles_grow_with_the_budget_and_keep_the_grid(width):
    sides = [tiling_for(memory, width).tile for memory in (1, 500, 1000, 2000, 8000)]
    assert sides == sorted(sides)
    assert sides[0] == ALIGNMENT
    assert all(side % ALIGNMENT == 0 for side in sides)
    assert sides[-1] > sides[0]


def test_a_fade_wider_than_the_margin_is_refused():
    with pytest.raises(ValueError, match="wider margin"):
        Tiling(tile=64, margin=8, fade=8)
