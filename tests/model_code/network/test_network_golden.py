"""The network against outputs, gradients and a training curve of the reference implementation."""

import importlib.util
import json

import numpy as np
import pytest
import tensorflow as tf

from model_code.network import build, compiled_ops, windows
from model_code.optimization import optimizers
from model_code.settings import OptimizerSettings
from model_code.training import losses
from model_code.weights import reference_weights

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
    model = build.build(described["cfg"], described["img_size"])
    reference_weights.load_reference_weights(model, recipe.gen_params(described["shapes"], described["seed_params"]))
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
def test_outputs_and_gradients_equal_the_references(golden, name):
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
    found = reference_weights.to_reference(model, by_variable)
    norms = [np.linalg.norm(found[key].astype(np.float64)) for key in arrays["grad_keys"]]
    np.testing.assert_allclose(norms, arrays["grad_l2"], rtol=2e-4, atol=10 * NOISE[name])
    for key in (key for key in arrays.files if key.startswith("grad/")):
        gradient = found[key.removeprefix("grad/")]
        np.testing.assert_allclose(gradient, arrays[key], rtol=2e-3, atol=10 * NOISE[name], err_msg=key)


class _Recorder:
    """Wraps a layer and records its input and output, as the reference's tokens [B, L, C]."""

    def __init__(self, part, window=None):
        self.part, self.window = part, window

    def __call__(self, x, **options):
        self.given, self.returned = x, self.part(x, **options)
        return self.returned

    def tokens(self, which):
        x = {"in": self.given, "out": self.returned}[which]
        if self.window:
            return windows.partition(x, self.window)
        return tf.reshape(x, [x.shape[0], -1, x.shape[-1]])


def _record(network):
    """Wraps the layers of a network in recorders and returns these by the reference's names."""
    recorders = {"output_proj": _Recorder(network.output_projection), "input_proj": _Recorder(network.input_projection)}
    network.output_projection, network.input_projection = recorders["output_proj"], recorders["input_proj"]
    for kind, parts in (("dowsample", network.downs), ("upsample", network.ups)):
        for number, part in enumerate(list(parts)):
            parts[number] = recorders[f"{kind}_{number}"] = _Recorder(part)
    for stage, blocks in zip(reference_weights.STAGE_NAMES, network.stages, strict=True):
        for number, block in enumerate(blocks):
            name = f"{stage}.blocks.{number}"
            block.feed_forward = recorders[f"{name}.mlp"] = _Recorder(block.feed_forward)
            if block.attention is not None and not block.attention.window.shift:
                recorders[f"{name}.attn"] = _Recorder(block.attention, block.attention.window.size)
                block.attention = recorders[f"{name}.attn"]
    return recorders


@pytest.mark.parametrize("name", ["a_micro8", "a_tiny16", "b_AST_T_128"])
def test_activations_between_layers_equal_the_references(golden, name):
    described, arrays, recipe = golden(name)
    model = _model(described, recipe)
    model.network.stages = [list(blocks) for blocks in model.network.stages]
    model.network.downs, model.network.ups = list(model.network.downs), list(model.network.ups)
    recorders = _record(model.network)
    model.network(_pair(described, recipe)[0], training=False)
    compared = 0
    for key in (key for key in arrays.files if key.startswith("act/")):
        _, module, which = key.split("/")
        if module not in recorders:  # a stage's own in and out are those of its parts plus what it adds them to
            continue
        found, expected = recorders[module].tokens(which).numpy(), arrays[key]
        if module == "input_proj":
            found = np.where(found > 0, found, 0.01 * found)
        if expected.ndim == 4:
            expected = expected.transpose(0, 2, 3, 1).reshape(found.shape)
        # The noise is that of the output, which is about 1; inside, values and their noise are larger.
        scale = max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(found, expected, rtol=0, atol=10 * NOISE[name] * scale, err_msg=key)
        compared += 1
    assert compared >= 3


@pytest.mark.parametrize("name", ["a_micro8", "a_tiny16"])
def test_the_first_attention_equals_the_references(golden, name):
    described, arrays, recipe = golden(name)
    model = _model(described, recipe)
    attention = model.network.stages[4][0].attention
    size = attention.window.size
    tokens = tf.constant(arrays["act/conv.blocks.0.attn/in"][:1])
    rows = tf.reshape(tokens, [-1, tokens.shape[-1]])
    q, k = (attention._by_head(part(rows), size, size) for part in (attention.query, attention.key))
    q *= q.shape[-1] ** -0.5
    bias, share = windows.position_bias(attention.bias_table, size), tf.nn.softmax(attention.mix)
    one = tf.eye(size * size, batch_shape=[1, 1, attention.heads])  # times which the attention is itself
    mixed = compiled_ops.adaptive_sparse_attention(q, k, one, bias, share, compiled=False)
    np.testing.assert_allclose(share, arrays["assa0/w12"], rtol=1e-6)
    np.testing.assert_allclose(bias, arrays["assa0/relpos_bias"], rtol=1e-6)
    scores = tf.matmul(q, k, transpose_b=True) + bias
    np.testing.assert_allclose(scores[0, 0], arrays["assa0/scores_win0"], rtol=1e-5, atol=10 * NOISE[name])
    np.testing.assert_allclose(mixed[0, 0], arrays["assa0/attn_mixed_win0"], rtol=1e-5, atol=10 * NOISE[name])


@pytest.mark.parametrize("name", ["b_AST_T_128", "b_AST_B_128"])
def test_the_shift_mask_equals_the_references(golden, name):
    _, arrays, _ = golden(name)
    masks = [key for key in arrays.files if key.startswith("shiftmask/")]
    assert masks
    for key in masks:
        expected = arrays[key]
        side = int(np.sqrt(expected.shape[0] * expected.shape[1]))
        size = int(np.sqrt(expected.shape[1]))
        np.testing.assert_array_equal(
            windows.shift_mask(side, side, windows.AttentionWindow(size, size // 2)), expected
        )


@pytest.mark.parametrize("name", NOISE)
def test_the_number_of_parameters_equals_the_references(golden, name):
    described, _, _ = golden(name)
    model = build.build(described["cfg"], described["img_size"])
    assert sum(int(tf.size(variable)) for variable in model.trainable_variables) == described["params"]


@pytest.mark.parametrize("optimizer", ["adamw", "adam"])
def test_twenty_training_steps_follow_the_references_curve(golden, optimizer):
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


def test_training_mode_without_drop_path_equals_evaluation_mode(golden, monkeypatch):
    """Training runs compiled forms of large layers: without DropPath they must give the same numbers."""
    monkeypatch.setattr(compiled_ops, "MIN_ELEMENTS_TO_COMPILE", 2**16)
    described, _, recipe = golden("a_micro8")
    model = build.build({**described["cfg"], "drop_path": 0.0}, described["img_size"])
    reference_weights.load_reference_weights(model, recipe.gen_params(described["shapes"], described["seed_params"]))
    inputs, targets = _pair(described, recipe)
    plain, plain_loss, plain_gradients = _gradient_step(model, inputs, targets)()
    trained, trained_loss, trained_gradients = _gradient_step(model, inputs, targets, training=True)()
    np.testing.assert_allclose(plain, trained, rtol=0, atol=1e-5)
    assert float(plain_loss) == pytest.approx(float(trained_loss), abs=1e-6)
    for one, other in zip(plain_gradients, trained_gradients, strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(one), tf.convert_to_tensor(other), rtol=1e-3, atol=1e-6)
