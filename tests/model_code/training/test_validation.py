from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from skimage.metrics import peak_signal_noise_ratio

from model_code.training.validation import Scores, Validator
from tests.model_code import drawn_pairs

SIZES = [(30, 44), (25, 16)]


@pytest.fixture(scope="module")
def images() -> list[tuple[np.ndarray, np.ndarray]]:
    targets = [drawn_pairs.clean(size, seed) for seed, size in enumerate(SIZES)]
    return [(drawn_pairs.degraded(target, seed), target) for seed, target in enumerate(targets)]


@pytest.fixture(scope="module")
def pairs(images: list) -> tf.data.Dataset:
    spec = tf.TensorSpec([1, None, None, 3], tf.float32)
    unit = [tuple(np.float32(image[None]) / 255 for image in pair) for pair in images]
    return tf.data.Dataset.from_generator(lambda: iter(unit), output_signature=(spec, spec))


def test_the_identity_baseline_has_the_inputs_scores_and_no_gain(images: list, pairs: tf.data.Dataset) -> None:
    scores = Validator(tf.identity, pairs).scores()
    assert (scores.gain_psnr, scores.gain_ssim) == (0.0, 0.0)
    expected = np.mean([peak_signal_noise_ratio(target, image) for image, target in images])
    assert scores.psnr == pytest.approx(expected, abs=1e-3)


def test_gain_is_the_restored_images_score_minus_the_inputs(images: list, pairs: tf.data.Dataset) -> None:
    darker = Validator(lambda image: image - 20 / 255, pairs).scores()
    written = [np.maximum(image.astype(int) - 20, 0).astype(np.uint8) for image, _ in images]
    psnr = [peak_signal_noise_ratio(target, image) for image, (_, target) in zip(written, images, strict=True)]
    idle = [peak_signal_noise_ratio(target, image) for image, target in images]
    assert darker.psnr == pytest.approx(np.mean(psnr), abs=1e-3)
    assert darker.gain_psnr == pytest.approx(np.mean(psnr) - np.mean(idle), abs=1e-3)


def test_values_outside_the_range_are_clipped(pairs: tf.data.Dataset) -> None:
    low, lower = (Validator(lambda image, by=by: image - by, pairs).scores() for by in (1.0, 50.0))
    assert low.psnr == lower.psnr


def test_clean_pairs_are_a_figure_of_their_own_and_part_of_the_gain_that_chooses(images: list) -> None:
    spec = tf.TensorSpec([1, None, None, 3], tf.float32)
    target = images[0][1]
    unit = [tuple(np.float32(image[None]) / 255 for image in pair) for pair in [*images, (target, target)]]

    def darkened(chosen: list) -> Scores:
        rows = tf.data.Dataset.from_generator(lambda: iter(chosen), output_signature=(spec, spec))
        return Validator(lambda image: image - 4 / 255, rows).scores()

    all_pairs, degraded, clean = darkened(unit), darkened(unit[:2]), darkened(unit[2:])
    assert (degraded.degraded_gain_psnr, degraded.clean_psnr) == (None, None)
    assert all_pairs.degraded_gain_psnr == pytest.approx(degraded.gain_psnr, abs=1e-4)
    assert (clean.degraded_gain_psnr, clean.clean_psnr) == (None, clean.psnr)
    assert all_pairs.clean_psnr == pytest.approx(clean.psnr, abs=1e-4)
    assert 30 < clean.psnr < 40
    assert all_pairs.gain_psnr == pytest.approx((2 * degraded.gain_psnr + clean.psnr - 100) / 3, abs=1e-3)
