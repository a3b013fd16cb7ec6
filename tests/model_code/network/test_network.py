"""The network alone: sizes, numerics, saving, and errors on misfitting weights."""

import numpy as np
import pytest
import tensorflow as tf

from data.errors import InputError
from model_code.network import build
from model_code.weights import reference_weights

SPECS = {
    "plain": {"embed_dim": 8, "depths": (1,) * 9},
    "shifted": {"embed_dim": 8, "depths": (1, 1, 1, 1, 2, 2, 2, 1, 1), "win_size": 4},
    "leff": {"embed_dim": 8, "depths": (1,) * 9, "token_mlp": "leff"},
}


@pytest.fixture(scope="module", params=SPECS)
def model(request):
    return build.build(SPECS[request.param], img_size=64, seed=1)


@pytest.mark.parametrize("size", [(16, 16), (17, 40), (64, 64), (70, 33), (1, 5)])
def test_the_output_has_the_inputs_size(model, size):
    image = tf.random.stateless_uniform([2, *size, 3], [1, 2])
    restored = model(image, training=False)
    assert restored.shape == image.shape
    assert np.isfinite(restored).all()


@pytest.mark.parametrize("value", [0.0, 1.0, 0.5, -3.0, 40.0])
def test_constant_images_give_finite_outputs(model, value):
    assert np.isfinite(model(tf.fill([1, 32, 48, 3], value), training=False)).all()


def test_images_of_a_batch_are_independent(model):
    images = tf.random.stateless_uniform([2, 40, 24, 3], [3, 4])
    together = model(images, training=False)
    alone = tf.concat([model(images[:1], training=False), model(images[1:], training=False)], axis=0)
    np.testing.assert_allclose(together, alone, atol=2e-5)


def test_the_output_is_not_clipped():
    model = build.build("micro8", img_size=64, seed=1)
    assert np.max(model(tf.fill([1, 32, 32, 3], 2.0), training=False)) > 1.0


def test_the_seed_determines_the_weights(model):
    del model
    one, same, other = (build.build("micro8", img_size=64, seed=seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("variant", "img_size", "parameters"),
    [("AST-B", 128, 65_362_455), ("AST-T", 128, 6_645_347), ("tiny16", 128, 3_780_395), ("tiny16", 64, 3_777_579),
     ("micro8", 64, 964_111)],
)  # fmt: skip
def test_variants_have_their_number_of_parameters(variant, img_size, parameters):
    model = build.build(variant, img_size=img_size)
    assert sum(int(tf.size(variable)) for variable in model.trainable_variables) == parameters


def test_a_saved_model_gives_the_same_outputs_at_other_sizes(model, tmp_path):
    spec = tf.TensorSpec([None, None, None, 3], tf.float32)
    restore = tf.function(
        tf.autograph.experimental.do_not_convert(lambda images: model(images, training=False)),
        input_signature=[spec],
        autograph=False,
    )
    module = tf.Module()
    module.restore, module.kept = restore, list(model.variables)
    tf.saved_model.save(module, str(tmp_path / "saved"))
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    for size in ((33, 50), (64, 16)):
        image = tf.random.stateless_uniform([1, *size, 3], [5, 6])
        np.testing.assert_allclose(loaded.restore(image), model(image, training=False), atol=2e-5)


def test_reference_weights_survive_a_round_trip():
    model = build.build("micro8", img_size=64, seed=1)
    other = build.build("micro8", img_size=64, seed=2)
    reference_weights.load_reference_weights(other, reference_weights.to_reference(model))
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("fault", ["missing", "extra", "misshapen"])
def test_misfitting_weights_are_listed_and_not_loaded(fault):
    model = build.build("micro8", img_size=64, seed=1)
    before = model.get_weights()
    weights = reference_weights.to_reference(build.build("micro8", img_size=64, seed=2))
    key = "input_proj.proj.0.bias"
    if fault == "missing":
        del weights[key]
    elif fault == "extra":
        key = "nothing.of.the.kind"
        weights[key] = np.zeros(3, np.float32)
    else:
        weights[key] = np.zeros(7, np.float32)
    with pytest.raises(InputError, match=key.replace(".", r"\.")):
        reference_weights.load_reference_weights(model, weights)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
