from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from data.errors import InputError
from model_code.training import image_metrics, losses
from model_code.training.perceptual import perceptual


@pytest.fixture
def images() -> tuple[tf.Tensor, tf.Tensor]:
    return tuple(tf.random.stateless_uniform([2, 16, 20, 3], [seed, 0]) for seed in (1, 2))


def test_charbonnier_and_l1_are_what_the_formulas_say(images: tuple) -> None:
    error = (images[0] - images[1]).numpy().astype(np.float64)
    assert float(losses.charbonnier(*images)) == pytest.approx(np.sqrt(error**2 + 1e-6).mean(), rel=1e-5)
    assert float(losses.l1(*images)) == pytest.approx(np.abs(error).mean(), rel=1e-5)


def test_fft_is_the_mean_modulus_of_the_orthonormal_spectrum(images: tuple) -> None:
    error = (images[0] - images[1]).numpy().astype(np.float64)
    spectrum = np.fft.fft2(error, axes=(1, 2), norm="ortho")
    assert float(losses.fft(*images)) == pytest.approx(np.abs(spectrum).mean(), rel=1e-4)


def test_edge_sees_no_shift_in_brightness(images: tuple) -> None:
    assert float(losses.edge(images[0] + 0.1, images[0])) == pytest.approx(0.0, abs=1e-6)
    rows, columns = (np.abs(np.diff((images[0] - images[1]).numpy(), axis=axis)).mean() for axis in (1, 2))
    assert float(losses.edge(*images)) == pytest.approx((rows + columns) / 2, rel=1e-5)


@pytest.mark.parametrize("name", sorted(losses.TERMS))
def test_terms_are_least_and_have_a_gradient_where_nothing_is_wrong(name: str, images: tuple) -> None:
    term, image = losses.TERMS[name], tf.Variable(images[0])
    with tf.GradientTape() as tape:
        none_wrong = term(image, images[0])
    assert np.isfinite(tape.gradient(none_wrong, image).numpy()).all()
    assert float(none_wrong) < 2e-3
    assert float(none_wrong) < float(term(images[1], images[0]))


def test_weights_multiply_and_terms_add(images: tuple) -> None:
    loss = losses.WeightedLoss({"ssim": 2.0, "l1": 0.5})
    total, terms = loss(*images)
    expected = {"l1": float(losses.l1(*images)), "ssim": float(losses.ssim(*images))}
    assert float(total) == pytest.approx(0.5 * expected["l1"] + 2.0 * expected["ssim"], rel=1e-6)
    assert dict(zip(loss.names, terms.numpy(), strict=True)) == pytest.approx(expected)


def test_colour_sees_a_cast_and_nothing_else(images: tuple) -> None:
    cast = images[0] + tf.constant([0.1, 0.0, -0.2])
    assert float(losses.colour(cast, images[0])) == pytest.approx(0.1, rel=1e-4)
    mirrored = tf.reverse(images[0], [1])
    assert float(losses.colour(mirrored, images[0])) == pytest.approx(0.0, abs=1e-6)


def test_ms_ssim_agrees_with_tensorflow_where_all_scales_fit() -> None:
    one, other = (tf.random.stateless_uniform([2, 176, 192, 3], [seed, 0]) for seed in (1, 2))
    mixed = 0.7 * one + 0.3 * other
    ours, theirs = image_metrics.ms_ssim(one, mixed), tf.image.ssim_multiscale(one, mixed, 1.0)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_perceptual_compares_what_the_users_network_sees(images: tuple, tmp_path: Path) -> None:
    class Edges(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.float32)])
        def __call__(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"fine": image[:, 1:] - image[:, :-1], "coarse": tf.nn.avg_pool2d(image, 2, 2, "VALID")}

    tf.saved_model.save(Edges(), str(tmp_path / "features"))
    term = perceptual(tmp_path / "features")
    differences = [np.abs(one - other).mean() for one, other in zip(*(map(np.asarray, (
        tf.nn.avg_pool2d(image, 2, 2, "VALID"), image[:, 1:] - image[:, :-1])) for image in images), strict=True)]  # fmt: skip
    assert float(term(*images)) == pytest.approx(np.mean(differences), rel=1e-5)
    with pytest.raises(InputError, match="no SavedModel in it, and the loss `perceptual` needs one"):
        perceptual(tmp_path)
