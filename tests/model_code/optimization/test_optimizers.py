from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from model_code.network import build
from model_code.optimization import optimizers
from model_code.settings import OptimizerSettings
from model_code.training import losses
from model_code.weights import reference_weights


def by_the_book(value: np.ndarray, gradients: list[np.ndarray], rate: float, settings: OptimizerSettings) -> np.ndarray:
    """AdamW as PyTorch's documentation writes it, in float64."""
    mean, square = np.zeros_like(value), np.zeros_like(value)
    for count, gradient in enumerate(gradients, start=1):
        value = value - rate * settings.weight_decay * value
        mean = settings.beta_1 * mean + (1 - settings.beta_1) * gradient
        square = settings.beta_2 * square + (1 - settings.beta_2) * gradient**2
        corrected = mean / (1 - settings.beta_1**count)
        value = value - rate * corrected / (np.sqrt(square / (1 - settings.beta_2**count)) + settings.epsilon)
    return value


@pytest.mark.parametrize("settings", [OptimizerSettings(weight_decay=0.1), OptimizerSettings(epsilon=0.01)])
def test_updates_are_those_of_the_book(settings: OptimizerSettings) -> None:
    draw = np.random.default_rng(0)
    start, gradients = draw.normal(size=5), list(draw.normal(size=(4, 5)) * 1e-2)
    variable = tf.Variable(start, dtype=tf.float32)
    optimizer = optimizers.Adam([variable], settings)
    for gradient in gradients:
        optimizer.apply([tf.constant(gradient, tf.float32)], tf.constant(0.01), tf.constant(True))
    np.testing.assert_allclose(variable, by_the_book(start, gradients, 0.01, settings), rtol=2e-6)


def test_plain_adam_does_not_decay() -> None:
    variable = tf.Variable([3.0])
    optimizer = optimizers.Adam([variable], OptimizerSettings(name="adam", weight_decay=0.5))
    optimizer.apply([tf.constant([0.0])], tf.constant(0.1), tf.constant(True))
    np.testing.assert_array_equal(variable, [3.0])


def test_a_shut_gate_leaves_no_trace() -> None:
    values = [tf.Variable([1.0, 2.0]) for _ in range(2)]
    gates = [[True, True], [True, False, True]]
    for variable, opened in zip(values, gates, strict=True):
        optimizer = optimizers.Adam([variable], OptimizerSettings())
        for gate in opened:
            gradient = tf.constant([0.3, -0.1]) if gate else tf.constant([np.nan, np.inf])
            optimizer.apply([gradient], tf.constant(0.01), tf.constant(gate))
        assert int(optimizer.updates) == 2
    np.testing.assert_array_equal(values[0], values[1])


@pytest.mark.parametrize(("clip_norm", "scale"), [(1.0, 0.2), (5.0, 1.0), (7.0, 1.0), (0.0, 1.0)])
def test_gradients_are_clipped_by_their_common_norm(clip_norm, scale) -> None:
    assert float(optimizers.clip_scale(tf.constant(5.0), clip_norm)) == pytest.approx(scale)


def test_an_update_takes_the_scaled_gradient() -> None:
    """The first update divides the gradient by its own size; epsilon, made large, lets the size show."""
    moved = []
    for gradient, scale in ((4.0, 0.25), (1.0, 1.0)):
        variable = tf.Variable([0.0])
        optimizer = optimizers.Adam([variable], OptimizerSettings(epsilon=1.0, weight_decay=0.0))
        optimizer.apply([tf.constant([gradient])], tf.constant(0.1), tf.constant(True), tf.constant(scale))
        moved.append(float(variable[0]))
    assert moved[0] == pytest.approx(moved[1])
    assert moved[0] == pytest.approx(-0.05, rel=1e-5)


def test_twenty_steps_lose_as_the_reference_implementation_does(shared: Path) -> None:
    golden = np.load(shared / "golden" / "g_train_micro8.npz")
    weights = np.load(shared / "golden" / "a_micro8.npz")
    model = build.build("micro8", img_size=64)
    reference_weights.load_reference_weights(
        model, {key.removeprefix("param/"): weights[key] for key in weights if key.startswith("param/")}
    )
    image, target = (
        tf.constant(np.random.RandomState(seed).random_sample((2, 3, 64, 64)).astype(np.float32).transpose(0, 2, 3, 1))
        for seed in (1102, 2102)
    )
    optimizer = optimizers.Adam(model.trainable_variables, OptimizerSettings(weight_decay=0.02))

    @tf.function(autograph=False)
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = losses.charbonnier(model(image, training=False), target)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, tf.constant(2e-4), tf.constant(True))
        return loss

    lost = [float(step()) for _ in range(20)]
    np.testing.assert_allclose(lost, golden["adamw_f64_loss"], rtol=1e-4)  # float32 there is off by up to 1e-5
