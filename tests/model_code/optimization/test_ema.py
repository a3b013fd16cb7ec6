from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from model_code.optimization.ema import WeightMean

OPEN, SHUT = tf.constant(True), tf.constant(False)


def test_mean_follows_the_formula_with_a_decay_that_grows() -> None:
    variable = tf.Variable([1.0])
    mean = WeightMean([variable], decay=0.5)
    expected = 1.0
    for count in (1, 2, 20):
        variable.assign([float(count)])
        mean.update(tf.constant(count, tf.int64), OPEN)
        decay = min(0.5, (1 + count) / (10 + count))
        expected = decay * expected + (1 - decay) * count
    assert float(mean.read()[0][0]) == pytest.approx(expected)


def test_without_decay_the_mean_equals_the_weights() -> None:
    variable = tf.Variable([1.0])
    mean = WeightMean([variable], decay=0.0)
    variable.assign([5.0])
    mean.update(tf.constant(1, tf.int64), OPEN)
    np.testing.assert_array_equal(mean.read()[0], [5.0])


def test_a_closed_gate_leaves_the_mean_unchanged() -> None:
    variable = tf.Variable([1.0])
    mean = WeightMean([variable], decay=0.9)
    variable.assign([5.0])
    mean.update(tf.constant(1, tf.int64), SHUT)
    np.testing.assert_array_equal(mean.read()[0], [1.0])


def test_weights_are_restored_after_an_error() -> None:
    variable = tf.Variable([1.0])
    mean = WeightMean([variable], decay=0.9)
    variable.assign([5.0])

    def interrupted() -> None:
        with mean.applied():
            np.testing.assert_array_equal(variable, [1.0])
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    np.testing.assert_array_equal(variable, [5.0])


def test_a_read_mean_is_a_copy() -> None:
    variable = tf.Variable([1.0])
    mean = WeightMean([variable], decay=0.0)
    kept = mean.read()
    variable.assign([2.0])
    mean.update(tf.constant(1, tf.int64), OPEN)
    np.testing.assert_array_equal(kept[0], [1.0])
