"""Cues on which of two images is the degraded one."""

from dataclasses import astuple

import cv2
import numpy as np
import pytest

from components.pair_validator.measuring import role_cues
from components.pair_validator.measuring.planes import planes_of
from components.pair_validator.measuring.role_cues import measure_cues
from pipeline.benchmarks.support.corruptions import reencode
from tests.components.pair_validator.drawing import haze, rain, scene

TARGET = scene(21, 240, 320)
BLURRED = cv2.GaussianBlur(TARGET, (0, 0), 2)
NOISY = np.clip(TARGET + np.random.default_rng(3).normal(0, 20, TARGET.shape), 0, 255).astype(np.uint8)


def cues_of(degraded, target):
    return measure_cues(planes_of(degraded), planes_of(target))


def test_rain_is_structure_of_its_own_in_one_direction_and_bright():
    cues = cues_of(rain(TARGET, 1), TARGET)
    assert cues.own_structure > 0.3
    assert cues.streaks > 0.1
    assert cues.bright_tail > 0.2
    assert abs(cues.veiling) < 0.02


def test_haze_is_a_veil():
    cues = cues_of(haze(TARGET), TARGET)
    assert cues.veiling > 0.1
    assert abs(cues.own_structure) < 0.3


def test_a_blur_is_soft_and_has_lost_fine_contrast():
    cues = cues_of(BLURRED, TARGET)
    assert cues.softness > 0.3
    assert cues.fine_contrast < -0.5
    assert cues.fine_energy < -0.5


def test_noise_fills_flat_places():
    cues = cues_of(NOISY, TARGET)
    assert cues.input_flat_energy > 2 * cues.target_flat_energy


@pytest.mark.parametrize("degraded", [rain(TARGET, 1), haze(TARGET), BLURRED, NOISY])
def test_an_exchange_of_the_images_turns_every_sign(degraded):
    there, back = cues_of(degraded, TARGET), cues_of(TARGET, degraded)
    assert astuple(back)[:8] == pytest.approx([-value for value in astuple(there)[:8]], abs=0.02)
    assert (there.input_flat_energy, there.input_slope) == (back.target_flat_energy, back.target_slope)


@pytest.mark.parametrize("exponent", [0.7, 1.4])
def test_a_tone_curve_says_little(exponent):
    curve = np.round(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8)
    cues = cues_of(curve[TARGET], TARGET)
    assert abs(cues.veiling) < 0.05
    assert abs(cues.softness) < 0.05
    assert abs(cues.streaks) < 0.05


def test_the_smallest_image_that_is_measured_has_cues():
    assert np.isfinite(astuple(cues_of(TARGET[:16, :16], reencode(TARGET, 50)[:16, :16]))).all()


def test_flat_images_have_cues_of_zero():
    flat = np.full((64, 64, 3), 90, np.uint8)
    assert astuple(cues_of(flat, flat))[:8] == pytest.approx([0.0] * 8)


@pytest.mark.parametrize("count", [1, 2, 5, 16000])
def test_tails_are_numpys_quantiles(count):
    values = np.random.default_rng(0).normal(0, 40, count).round().astype(np.int16)
    assert role_cues._tails(values) == pytest.approx(np.quantile(values, (0.005, 0.995)))


def test_detail_that_a_target_lost_is_shared_and_rain_over_a_smooth_target_is_not():
    smooth = cv2.GaussianBlur(TARGET, (0, 0), 8)
    assert cues_of(TARGET, BLURRED).shared_sharpness > 0.15
    assert cues_of(rain(TARGET, 1), BLURRED).shared_sharpness > 0.15
    assert abs(cues_of(rain(smooth, 1, 1500, 150), smooth).shared_sharpness) < 0.1
