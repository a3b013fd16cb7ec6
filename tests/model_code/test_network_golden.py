"""The network against outputs, gradients and a training curve of the reference implementation."""

import importlib.util
import json

import numpy as np
import pytest
import tensorflow as tf

from model_code import fused, losses, optimizers, reference, variants
from model_code.settings import OptimizerSettings

# Configuration -> largest difference that float32 alone makes; a port that is right stays within ten times that.
NOISE = {"a_micro8": 2.5e-6, "a_tiny16": 2.6e-6, "b_AST_T_128": 2.1e-5, "b_AST_B_128": 1.7e-5}


@pytest.fixture(scope="module")
def golden(shared):
    """Returns (description, arrays, recipe of parameters and inputs) of a configuration."""
    folder = shared / "golden"
    spec = importlib.util.spec_from_file_location("golden_parameters", folder / "parameters.py")
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    manifest = json.loads((folder / "manifest.json").read_text())
    return lambda name: (manifest.get(name), np.load(folder / f"{name}.npz"), recipe)


def _model(described, recipe):
    model = variants.build(described["cfg"], described["img_size"])
    reference.load_reference_weights(model, recipe.gen_params(described["shapes"], described["seed_params"]))
    return model


def _pair(described, recipe):
    """Input and target, NHWC."""
    return [
        tf.constant(recipe.gen_input(described["input"], described[seed]).transpose(0, 2, 3, 1))
        for seed in ("seed_input", "seed_target")
    ]


def _gradient_step(model, inputs, targets, training=False):
    @tf.autograph.experimental.do_not_convert
    def step():
        with tf.GradientTape() as tape:
            restored = model(inputs, training=training)
            loss = losses.charbonnier(restored, targets)
        return restored, loss, tape.gradient(loss, model.trainable_variables)

    return tf.function(step, autograph=False)


@pytest.mark.parametrize("name", NOISE)
def test_outputs_and_gradients_are_the_references(golden, name):
    described, arrays, recipe = golden(name)
    model = _model(described, recipe)
    inputs, targets = _pair(described, recipe)
    restored, loss, gradients = _gradient_step(model, inputs, targets)()
    expected = arrays["output_f64"].transpose(0, 2, 3, 1)
    np.testing.assert_allclose(restored, expected, rtol=0, atol=10 * NOISE[name])
    assert float(loss) == pytest.approx(float(arrays["charbonnier_loss"]), abs=1e-6)
    by_variable = {
        variable.ref(): tf.convert_to_tensor(gradient).numpy()
        for variable, gradient in zip(model.trainable_variables, gradients, strict=True)
    }
    found = reference.to_reference(model, by_variable)
    norms = [np.linalg.norm(found[key].astype(np.float64)) for key in arrays["grad_keys"]]
    np.testing.assert_allclose(norms, arrays["grad_l2"], rtol=2e-4, atol=10 * NOISE[name])


@pytest.mark.parametrize("name", NOISE)
def test_parameters_are_as_many_as_the_references(golden, name):
    described, _, _ = golden(name)
    model = variants.build(described["cfg"], described["img_size"])
    assert sum(int(tf.size(variable)) for variable in model.trainable_variables) == described["params"]


@pytest.mark.parametrize("optimizer", ["adamw", "adam"])
def test_twenty_steps_of_training_follow_the_references_curve(golden, optimizer):
    described, _, recipe = golden("a_micro8")
    _, curves, _ = golden("g_train_micro8")
    model = _model(described, recipe)
    shape = (2, *described["input"][1:])
    inputs, targets = (
        tf.constant(recipe.gen_input(shape, described[seed]).transpose(0, 2, 3, 1))
        for seed in ("seed_input", "seed_target")
    )
    decay = 0.02 if optimizer == "adamw" else 0.0
    settings = OptimizerSettings(name=optimizer, weight_decay=decay, clip_norm=0.0)
    adam = optimizers.Adam(model.trainable_variables, settings)
    step = _gradient_step(model, inputs, targets)
    found = []
    for _ in range(20):
        _, loss, gradients = step()
        adam.apply(gradients, tf.constant(2e-4), gate=tf.constant(True))
        found.append(float(loss))
    np.testing.assert_allclose(found, curves[f"{optimizer}_f64_loss"], rtol=0, atol=1e-5)


def test_training_mode_computes_what_evaluation_mode_does(golden, monkeypatch):
    """Training runs compiled forms of large layers: without DropPath they must give the same numbers."""
    monkeypatch.setattr(fused, "WORTH_COMPILING", 2**16)
    described, _, recipe = golden("a_micro8")
    model = variants.build({**described["cfg"], "drop_path": 0.0}, described["img_size"])
    reference.load_reference_weights(model, recipe.gen_params(described["shapes"], described["seed_params"]))
    inputs, targets = _pair(described, recipe)
    plain, plain_loss, plain_gradients = _gradient_step(model, inputs, targets)()
    trained, trained_loss, trained_gradients = _gradient_step(model, inputs, targets, training=True)()
    np.testing.assert_allclose(plain, trained, rtol=0, atol=1e-5)
    assert float(plain_loss) == pytest.approx(float(trained_loss), abs=1e-6)
    for one, other in zip(plain_gradients, trained_gradients, strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(one), tf.convert_to_tensor(other), rtol=1e-3, atol=1e-6)
