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
