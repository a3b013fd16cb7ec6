"""The network against an independent float64 forward in NumPy: odd windows, shifts, sizes and LeFF."""

import numpy as np
import pytest
import tensorflow as tf

from model_code.network import build
from model_code.weights import reference_weights
from tests.model_code.network.numpy_ast import NumpyAst

ONES, SHIFTED = (1,) * 9, (1, 1, 1, 1, 2, 2, 2, 1, 1)

# Spec, img_size, the multiple that levels and windows need, (H, W) of the image.
CASES = {
    "window 4, shifted, not square": ({"embed_dim": 8, "depths": SHIFTED, "win_size": 4}, 128, 64, (64, 128)),
    "window 5, shifted, odd shift": ({"embed_dim": 4, "depths": SHIFTED, "win_size": 5}, 80, 80, (80, 160)),
    "window clamped to 3": ({"embed_dim": 4, "depths": SHIFTED, "win_size": 8}, 48, 192, (192, 192)),
    "leff": ({"embed_dim": 8, "depths": SHIFTED, "win_size": 4, "token_mlp": "leff"}, 64, 64, (128, 64)),
    "other heads": ({"embed_dim": 8, "depths": ONES, "num_heads": (1, 1, 1, 1, 4, 8, 2, 2, 1)}, 64, 64, (64, 64)),
    "one pixel at the bottleneck": ({"embed_dim": 4, "depths": ONES, "win_size": 2}, 16, 32, (32, 64)),
    "padded from odd sides": ({"embed_dim": 4, "depths": SHIFTED, "win_size": 4}, 128, 64, (37, 70)),
    "padded from less than the reflection": ({"embed_dim": 4, "depths": ONES}, 64, 64, (3, 17)),
    "padded from one pixel": ({"embed_dim": 4, "depths": ONES}, 64, 64, (1, 1)),
}


def _drawn(model, seed):
    """Set weights that make every part matter, and return them under the reference's names."""
    generator = np.random.default_rng(seed)
    weights = {}
    for key, old in reference_weights.to_reference(model).items():
        scale = 0.5 if old.ndim == 1 or key.endswith("table") else 1.0 / np.sqrt(np.prod(old.shape[1:]))
        middle = 1.0 if ".norm" in key and key.endswith("weight") else 0.0
        weights[key] = (middle + 0.5 * scale * generator.standard_normal(old.shape)).astype(np.float32)
    reference_weights.load_reference_weights(model, weights)
    return weights


def _reflected(image, multiple):
    """Pad at the bottom and the right; NumPy reflects to and fro, and repeats a single pixel."""
    extra = [(0, 0), *((0, -n % multiple) for n in image.shape[1:3]), (0, 0)]
    return np.pad(image, extra, mode="reflect")


@pytest.mark.parametrize("case", CASES)
def test_the_forward_is_the_oracles(case):
    spec, img_size, multiple, (height, width) = CASES[case]
    model = build.build(spec, img_size=img_size, seed=1)
    weights = _drawn(model, seed=7)
    image = np.random.default_rng(3).random((1, height, width, 3)).astype(np.float32)
    options = {key: value for key, value in spec.items() if key != "embed_dim"}
    oracle = NumpyAst(weights, img_size=img_size, **options)
    expected = oracle(_reflected(image, multiple))[:, :height, :width]
    np.testing.assert_allclose(model(image, training=False), expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def test_drop_path_acts_in_training_only():
    model = build.build({"embed_dim": 4, "depths": ONES, "drop_path": 0.9}, img_size=16, seed=1)
    image = tf.fill([4, 32, 32, 3], 0.5)
    np.testing.assert_array_equal(model(image, training=False), model(image, training=False))
    assert np.max(np.abs(model(image, training=True) - model(image, training=False))) > 0
