"""Streaks drawn in training fall on the input alone, differ from draw to draw, and are the same for a seed."""

import numpy as np
import tensorflow as tf

from model_code.input import streaks


def _seed(number):
    return tf.constant([3, number], tf.int64)


def test_the_seed_determines_the_streaks():
    one, again, other = (streaks.opacity(48, _seed(number), 1.0).numpy() for number in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    assert 0.01 < (one > 0).mean() < 0.9
    assert one.max() <= 1.0


def test_only_the_requested_share_of_patches_gets_streaks():
    drawn = [bool(streaks.opacity(32, _seed(number), 0.3).numpy().any()) for number in range(60)]
    assert 6 <= sum(drawn) <= 30


def test_streaks_brighten_and_never_darken():
    image = tf.random.stateless_uniform([2, 32, 32, 3], [1, 2])
    hidden = tf.stack([streaks.opacity(32, _seed(number), 1.0) for number in (4, 5)])
    rainy = streaks.add(image, hidden)
    assert float(tf.reduce_min(rainy - image)) >= 0.0
    assert float(tf.reduce_max(rainy)) <= 1.0
    assert float(tf.reduce_max(rainy - image)) > 0.1


def _screened(scene, rain):
    return scene + rain * (1.0 - scene)


def test_exchanged_rain_is_that_of_the_patch_before():
    scenes = 0.8 * tf.random.stateless_uniform([3, 16, 16, 3], [1, 3])
    rain = 0.9 * tf.random.stateless_uniform([3, 16, 16, 1], [1, 4])
    exchanged = streaks.exchange(_screened(scenes, rain), scenes, tf.constant([True, False, True]))
    expected = _screened(scenes, tf.stack([rain[2], rain[1], rain[1]]))
    np.testing.assert_allclose(exchanged.numpy(), expected.numpy(), atol=1e-6)


def test_rain_over_white_is_exchanged_without_bursting():
    white = tf.ones([1, 16, 16, 3])
    scene = tf.fill([1, 16, 16, 3], 0.5)
    darkened = white - 3 / 255  # as JPEG leaves it: no rain
    exchanged = streaks.exchange(
        tf.concat([darkened, scene], 0), tf.concat([white, scene], 0), tf.constant([True, True])
    )
    np.testing.assert_array_equal(exchanged[0].numpy(), white[0].numpy())
    assert 0.4 < float(tf.reduce_mean(exchanged[1])) < 0.5
