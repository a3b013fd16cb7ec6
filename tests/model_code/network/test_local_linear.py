"""The locally linear output."""

import numpy as np
import pytest
import tensorflow as tf

from data.errors import InputError
from model_code.network.build import build
from model_code.network.local_linear import locally_linear
from model_code.network.settings import ModelSettings
from tests.data.drawing import picture

IMAGE = (picture(3, 96, 130)[np.newaxis] / 255.0).astype(np.float32)


def test_a_linear_function_of_the_input_stays_as_it_is():
    gains, offsets = np.array([1.4, 0.7, 1.1], np.float32), np.array([-0.2, 0.1, 0.0], np.float32)
    wanted = IMAGE * gains + offsets
    np.testing.assert_allclose(locally_linear(*map(tf.constant, (IMAGE, wanted)), 32), wanted, atol=0.01)


def test_a_step_that_the_input_lacks_becomes_a_slope():
    plain = np.full((1, 128, 256, 3), 0.6, np.float32)
    stepped = plain.copy()
    stepped[:, :, 128:] += 0.2
    smooth = locally_linear(*map(tf.constant, (plain, stepped)), 32).numpy()
    assert np.abs(np.diff(smooth, axis=2)).max() < 0.2 / 32
    np.testing.assert_allclose(smooth[:, :, [0, -1]], stepped[:, :, [0, -1]], atol=1e-3)


def test_an_edge_of_the_input_stays_sharp():
    edged = np.full((1, 128, 256, 3), 0.3, np.float32)
    edged[:, :, 128:] = 0.7
    wanted = 1.5 * edged - 0.2
    restored = locally_linear(*map(tf.constant, (edged, wanted)), 32).numpy()
    np.testing.assert_allclose(restored, wanted, atol=0.02)


@pytest.mark.parametrize("size", [(64, 64), (50, 70), (3, 5), (1, 1)])
def test_any_size_keeps_its_shape_and_is_finite(size):
    images = tf.random.stateless_uniform([2, *size, 3], seed=[0, 1])
    model = build({"embed_dim": 4, "depths": (1,) * 9, "local_linear": 32}, img_size=64, seed=1)
    restored = model(images, training=False).numpy()
    assert restored.shape == images.shape
    assert np.isfinite(restored).all()


def test_all_weights_learn_through_it():
    model = build({"embed_dim": 4, "depths": (1,) * 9, "local_linear": 16}, img_size=64, seed=1)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(IMAGE[:, :64, :64], training=True) - 0.3))
    gradients = tape.gradient(loss, model.trainable_variables)
    assert all(gradient is not None and np.isfinite(gradient).all() for gradient in gradients)
    assert sum(float(tf.norm(gradient)) for gradient in gradients) > 0


def test_the_setting_reaches_the_network_and_is_checked():
    assert ModelSettings(local_linear=32).spec().local_linear == 32
    assert ModelSettings().spec().local_linear == 0
    for radius in (-1, 10**6):
        with pytest.raises((InputError, ValueError), match="local_linear"):
            ModelSettings(local_linear=radius)
