"""PSNR, mean absolute error, correlation, and the change of cells."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from data.image import measures
from data.image.protocol import PSNR_CAP_DB
from data.image.ssim import fast_ssim_plane
from pipeline.benchmarks.support import corruptions
from tests.components.pair_validator.drawing import haze, luma, rain, scene

TARGET = scene(21, 240, 320)


def test_psnr_is_skimages():
    degraded = rain(TARGET, 1)
    assert measures.psnr(degraded, TARGET) == pytest.approx(peak_signal_noise_ratio(TARGET, degraded), abs=1e-6)


def test_psnr_of_equal_images_is_the_cap():
    assert measures.psnr(TARGET, TARGET) == PSNR_CAP_DB


@pytest.mark.parametrize("degraded", [rain(TARGET, 1), haze(TARGET)])
def test_ssim_is_skimages_within_its_sampling(degraded):
    expected = structural_similarity(luma(degraded), luma(TARGET))
    assert fast_ssim_plane(luma(degraded), luma(TARGET)) == pytest.approx(expected, abs=4e-3)


def test_ssim_of_equal_images_is_one():
    assert fast_ssim_plane(luma(TARGET), luma(TARGET)) == pytest.approx(1, abs=1e-4)


def test_lowpass_correlation_of_a_flat_image_is_zero():
    assert measures.lowpass_correlation(np.full((32, 32), 7, np.uint8), luma(TARGET)[:32, :32]) == 0


def test_compression_changes_no_cell_as_light_rain_does():
    saved_again = measures.cell_change(luma(TARGET), luma(corruptions.reencode(TARGET, 60)))
    light = measures.cell_change(luma(rain(TARGET, 1, streaks=60, strength=70)), luma(TARGET))
    assert saved_again.strong < 5 < light.strong
    assert saved_again.typical <= saved_again.strong <= saved_again.largest == np.abs(saved_again.field).max()


def test_cells_that_do_not_fill_up_are_left_out():
    image = np.arange(17 * 26, dtype=np.float32).reshape(17, 26)
    means = measures.area_mean(image, 8)
    assert means.shape == (2, 3)
    assert means[1, 2] == pytest.approx(image[8:16, 16:24].mean())


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_means_of_cells_are_exact_and_those_of_a_small_image_its_mean(kind):
    image = np.random.default_rng(0).integers(0, 256, (50, 70)).astype(kind)
    expected = image[:49].reshape(7, 7, 10, 7).mean(axis=(1, 3), dtype=np.float64)
    assert measures.area_mean(image, 7) == pytest.approx(expected, rel=1e-6)
    assert measures.area_mean(image[:5, :3], 7) == pytest.approx(image[:5, :3].mean(), abs=0.01)


@pytest.mark.parametrize("cell", [8, 257, 300])
def test_means_of_white_cells_are_white_however_many_bytes_they_sum(cell):
    assert measures.area_mean(np.full((300, 600), 255, np.uint8), cell) == pytest.approx(255)


def test_quantiles_are_numpys():
    values = np.random.default_rng(0).normal(size=(13, 7)).astype(np.float32)
    shares = (0.5, 0.0, 1.0, 0.123)
    assert measures.quantiles(values, shares) == pytest.approx(np.quantile(values, shares))
    assert measures.quantile(values, 0.9) == pytest.approx(np.quantile(values, 0.9))


def test_mae_does_not_wrap_around():
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert measures.mae(black, white) == 255
    assert measures.mae(white, black) == 255
