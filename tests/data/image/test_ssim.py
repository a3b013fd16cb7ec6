"""PSNR and SSIM against what they are defined to be."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity

from data.image.measures import psnr
from data.image.protocol import PSNR_CAP_DB
from data.image.ssim import ssim_rgb


@pytest.fixture
def image():
    return np.random.default_rng(3).integers(0, 256, (40, 56, 3), dtype=np.uint8)


def test_psnr_of_a_known_error(image):
    flat = np.full_like(image, 100)
    # An error of 10 everywhere: 10 log10(255^2 / 100).
    assert psnr(flat, np.full_like(flat, 110)) == pytest.approx(28.1308, abs=1e-4)


def test_psnr_does_not_wrap_around_in_eight_bits():
    black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)
    assert psnr(black, white) == pytest.approx(0.0)


def test_identical_images_have_the_cap_and_ssim_one(image):
    assert psnr(image, image) == PSNR_CAP_DB
    assert ssim_rgb(image, image) == pytest.approx(1.0)


def _ssim_by_the_paper(x, y):
    """Wang et al. 2004, equation 13, written out for one channel in float64; borders of five pixels cut."""
    x, y = x.astype(np.float64), y.astype(np.float64)

    def mean(values):
        return gaussian_filter(values, sigma=1.5, truncate=5 / 1.5)  # eleven taps

    ux, uy = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - ux * ux, mean(y * y) - uy * uy, mean(x * y) - ux * uy
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similarity = (2 * ux * uy + c1) * (2 * vxy + c2) / ((ux**2 + uy**2 + c1) * (vx + vy + c2))
    return similarity[5:-5, 5:-5].mean()


def test_ssim_is_the_papers_formula(image):
    noisy = np.clip(image.astype(int) + np.random.default_rng(4).integers(-40, 40, image.shape), 0, 255)
    noisy = noisy.astype(np.uint8)
    expected = np.mean([_ssim_by_the_paper(image[..., c], noisy[..., c]) for c in range(3)])
    assert ssim_rgb(noisy, image) == pytest.approx(expected, abs=1e-9)


def test_ssim_is_scikit_images(image):
    noisy = np.clip(image.astype(int) + np.random.default_rng(5).integers(-40, 40, image.shape), 0, 255).astype(
        np.uint8
    )
    expected = structural_similarity(
        noisy, image, data_range=255, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert ssim_rgb(noisy, image) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("measure", [psnr, ssim_rgb])
def test_sizes_that_differ_are_named(measure, image):
    with pytest.raises(ValueError, match="40x56.*40x55"):
        measure(image, image[:, :-1])


@pytest.mark.parametrize("measure", [psnr, ssim_rgb])
def test_floats_are_refused(measure, image):
    with pytest.raises(ValueError, match="uint8"):
        measure(image / 255.0, image)


def test_ssim_of_less_than_a_window_is_refused(image):
    with pytest.raises(ValueError, match="11x11"):
        ssim_rgb(image[:10], image[:10])
