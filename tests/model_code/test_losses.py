from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from model_code import losses


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
    total = losses.weighted({"l1": 0.5, "ssim": 2.0})(*images)
    expected = 0.5 * float(losses.l1(*images)) + 2.0 * float(losses.ssim(*images))
    assert float(total) == pytest.approx(expected, rel=1e-6)
