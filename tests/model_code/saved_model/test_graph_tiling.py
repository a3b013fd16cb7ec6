"""Tiles inside the graph, against the whole and against the tiles of `pipeline.restoring.tiled_restoration`."""

import numpy as np
import pytest
import tensorflow as tf

from model_code.input import pixels
from model_code.saved_model import graph_tiling
from model_code.saved_model.tiling import Tiling
from pipeline.restoring import tiled_restoration as outside
from tests.pipeline.restoring.seams import seam_energy

SIZES = [(100, 130), (64, 300), (33, 31), (97, 64), (300, 41), (1, 90)]


def _blur(images):
    """Reaches three pixels far, and does at the image's border what a network does: something of its own."""
    return tf.nn.avg_pool2d(images, 7, 1, "SAME")


def _image(size, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def _tiled(restore, tiling):
    """A function of one image, traced as a signature traces it."""
    spec = tf.TensorSpec([None, None, 3], tf.uint8)
    return tf.function(lambda image: graph_tiling.restore_tiled(restore, image, tiling), [spec], autograph=False)


def _whole(image):
    return pixels.to_uint8(_blur(pixels.to_unit(image[np.newaxis])))[0].numpy()


@pytest.mark.parametrize("fade", [0, 3, 8])
def test_tiles_equal_the_whole_to_one_level(fade):
    tiled = _tiled(_blur, Tiling(tile=32, margin=12, fade=fade))
    for size in SIZES:
        difference = np.abs(tiled(_image(size)).numpy().astype(int) - _whole(_image(size)))
        assert difference.max() <= 1  # sums in another order may round to another level
        assert (difference != 0).mean() < 0.001


@pytest.mark.parametrize("fade", [0, 8])
def test_tiles_are_those_of_the_command_even_where_they_differ_from_the_whole(fade):
    """A margin too narrow for what the network reaches shows how the grid, the margins and the fades lie."""
    tiling = Tiling(tile=32, margin=fade + 1, fade=fade)
    tiled = _tiled(_blur, tiling)
    for size in SIZES:
        image = _image(size)
        mine = tiled(image).numpy().astype(int)
        theirs = outside.restore_tiled(lambda part: _blur(part[np.newaxis])[0].numpy(), image, tiling)
        assert np.abs(mine - theirs).max() <= 1


def test_a_small_image_is_untouched_by_it():
    image = _image((56, 55))
    tiled = _tiled(_blur, Tiling(tile=32, margin=12, fade=8))

    @tf.function(autograph=False)
    def whole(image):
        return pixels.to_uint8(_blur(pixels.to_unit(image)[tf.newaxis])[0])

    np.testing.assert_array_equal(tiled(image), whole(image))


def test_no_call_sees_more_than_a_tile_and_its_margins():
    tiling = Tiling(tile=64, margin=16, fade=8)
    seen = []

    def restore(images):
        tf.py_function(lambda shape: seen.append(tuple(shape.numpy())), [tf.shape(images)], [])
        return images

    image = _image((200, 330))
    np.testing.assert_array_equal(_tiled(restore, tiling)(image), image)
    assert len(seen) == tiling.parts(200, 330) == 4 * 6
    assert max(max(shape[1:3]) for shape in seen) <= tiling.largest == 96


def test_a_network_that_answers_differently_in_each_tile_leaves_no_seam():
    """A tile's mean is added to it: the worst that a network's far reach could do."""

    def drifting(images):
        return images + 0.2 * tf.reduce_mean(images)

    rows, columns = np.mgrid[:200, :330]
    waves = 100 + 60 * np.sin(rows / 40) * np.sin(columns / 50) + np.random.default_rng(0).normal(0, 2, rows.shape)
    image = np.repeat(np.uint8(np.clip(waves, 0, 255))[..., np.newaxis], 3, axis=-1)
    cut = seam_energy(_tiled(drifting, Tiling(tile=64, margin=17, fade=0))(image).numpy(), 64)
    faded = seam_energy(_tiled(drifting, Tiling(tile=64, margin=17, fade=16))(image).numpy(), 64)
    assert cut > 4
    assert faded < 1.1
