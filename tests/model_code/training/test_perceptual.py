"""The loss in the features of a network that the user gives."""

import pytest
import tensorflow as tf

from data.errors import InputError
from model_code.training.perceptual import perceptual


class _Blur(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.float32)])
    def __call__(self, images):
        return {"fine": images, "coarse": tf.nn.avg_pool2d(images, 8, 8, "VALID")}


def test_it_is_the_mean_absolute_difference_of_the_features(tmp_path):
    tf.saved_model.save(_Blur(), str(tmp_path))
    loss = perceptual(tmp_path)
    one, other = (tf.random.stateless_uniform([2, 16, 16, 3], [seed, 0]) for seed in (1, 2))
    coarse = tf.reduce_mean(tf.abs(tf.nn.avg_pool2d(one - other, 8, 8, "VALID")))
    assert float(loss(one, other)) == pytest.approx(float(tf.reduce_mean(tf.abs(one - other)) + coarse) / 2, rel=1e-5)
    assert float(loss(one, one)) == 0.0
    with tf.GradientTape() as tape:
        tape.watch(one)
        value = loss(one, other)
    assert float(tf.reduce_sum(tf.abs(tape.gradient(value, one)))) > 0


def test_what_is_no_network_is_refused(tmp_path):
    with pytest.raises(InputError, match="train.perceptual_model .*: no SavedModel in it"):
        perceptual(tmp_path)
    adder = tf.Module()
    adder.add = tf.function(lambda x: x + 1, input_signature=[tf.TensorSpec([], tf.int32)])
    tf.saved_model.save(adder, str(tmp_path / "adder"))
    with pytest.raises(InputError, match="train.perceptual_model .*: it does not map float32 images"):
        perceptual(tmp_path / "adder")


class _Counts(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.float32)])
    def __call__(self, images):
        return tf.shape(images)


def test_whole_numbers_are_no_features(tmp_path):
    tf.saved_model.save(_Counts(), str(tmp_path))
    with pytest.raises(InputError, match="train.perceptual_model .*: it returns no float tensor; name"):
        perceptual(tmp_path)
