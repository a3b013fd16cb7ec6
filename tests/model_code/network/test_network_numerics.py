"""Mixed precision, and Keras's own ways to keep weights."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from model_code.network import build

SPEC = {"embed_dim": 8, "depths": (1, 1, 1, 1, 2, 1, 1, 1, 2), "win_size": 4}


@pytest.fixture(params=["float32", "mixed_bfloat16", "mixed_float16"])
def policy(request):
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(request.param)
    yield request.param
    keras.mixed_precision.set_global_policy(before)


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize("training", [False, True])
def test_constant_images_stay_finite_in_every_policy(training):
    model = build.build(SPEC, img_size=64, seed=1)
    for value in (0.0, 1.0, 0.5, 255.0):
        with tf.GradientTape() as tape:
            restored = model(tf.fill([1, 64, 64, 3], value), training=training)
            loss = tf.reduce_mean(tf.square(restored))
        assert restored.dtype == tf.float32
        assert np.isfinite(restored).all()
        assert all(np.isfinite(gradient).all() for gradient in tape.gradient(loss, model.trainable_variables))


def test_scores_that_overflow_half_precision_do_not(policy):
    """relu(S)^2 of S = 300 is 90,000, which float16 does not have."""
    model = build.build(SPEC, img_size=64, seed=1)
    table = model.network.stages[4][0].attention.bias_table
    table.assign(tf.fill(table.shape, 300.0))
    assert np.isfinite(model(tf.random.stateless_uniform([1, 64, 64, 3], [1, 2]), training=False)).all(), policy


@pytest.mark.usefixtures("policy")
def test_every_policy_gives_about_the_same_image():
    image = tf.random.stateless_uniform([1, 64, 64, 3], [1, 2])
    model = build.build(SPEC, img_size=64, seed=1)
    keras.mixed_precision.set_global_policy("float32")
    exact = build.build(SPEC, img_size=64, seed=1)
    np.testing.assert_allclose(model(image, training=False), exact(image, training=False), atol=2e-2)


@pytest.mark.parametrize("name", ["weights.weights.h5", "checkpoint"])
def test_keras_keeps_every_weight(tmp_path, name):
    model, other = (build.build(SPEC, img_size=64, seed=seed) for seed in (1, 2))
    model.save_weights(str(tmp_path / name))
    other.load_weights(str(tmp_path / name))
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_checkpoint_keeps_every_weight(tmp_path):
    model, other = (build.build(SPEC, img_size=64, seed=seed) for seed in (1, 2))
    path = tf.train.Checkpoint(model=model).save(str(tmp_path / "checkpoint"))
    tf.train.Checkpoint(model=other).restore(path).assert_consumed()
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_model_is_built_again_from_its_config():
    model = build.build(SPEC, img_size=64, seed=1)
    again = type(model).from_config(model.get_config())
    assert [weight.shape for weight in again.get_weights()] == [weight.shape for weight in model.get_weights()]
    assert again.get_config() == model.get_config()
