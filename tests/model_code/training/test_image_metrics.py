from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from data.image.protocol import PSNR_CAP_DB
from model_code.training import image_metrics
from tests.model_code import drawn_pairs


@pytest.fixture(scope="module")
def images() -> tuple[np.ndarray, np.ndarray]:
    targets = np.stack([drawn_pairs.clean((45, 30), seed) for seed in range(3)])
    inputs = np.stack([drawn_pairs.degraded(target, seed) for seed, target in enumerate(targets)])
    return np.float32(inputs / 255.0), np.float32(targets / 255.0)


def test_psnr_is_scikit_images(images: tuple) -> None:
    expected = [peak_signal_noise_ratio(target, image, data_range=1.0) for image, target in zip(*images, strict=True)]
    np.testing.assert_allclose(image_metrics.psnr(*map(tf.constant, images)), expected, atol=1e-4)


def test_ssim_is_scikit_images_with_wangs_parameters(images: tuple) -> None:
    protocol = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    expected = [
        structural_similarity(image, target, channel_axis=2, **protocol) for image, target in zip(*images, strict=True)
    ]
    np.testing.assert_allclose(image_metrics.ssim(*map(tf.constant, images)), expected, atol=1e-4)


def test_identical_images_meet_the_cap(images: tuple) -> None:
    image = tf.constant(images[0])
    np.testing.assert_allclose(image_metrics.psnr(image, image), PSNR_CAP_DB, rtol=1e-6)
    np.testing.assert_allclose(image_metrics.ssim(image, image), 1.0, rtol=1e-6)
