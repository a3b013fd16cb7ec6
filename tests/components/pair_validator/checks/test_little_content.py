"""Right pairs of pictures that show little: nothing to match, or to compare, is no evidence against a pair."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from components.pair_validator.judging import reasons
from components.pair_validator.judging.judge import judge_pair
from components.pair_validator.measuring.measure import measure
from components.pair_validator.settings import PairThresholds
from data.image.codec.files import read_rgb
from data.synthesis.degradations import degrade
from data.synthesis.embedded import embedded_photos
from pipeline.benchmarks.pair_faults.kinds.appearance import noisy
from tests.components.pair_validator.drawing import encode, rain, scene

THRESHOLDS = PairThresholds()
TARGET = scene(71, 256, 384)
BLANK = np.repeat((200 + np.arange(384) // 48).astype(np.uint8)[None, :, None], 256, 0).repeat(3, 2)
DENSE = rain(BLANK, 3, 6000, 220)


def measured(degraded, target):
    return measure("p", encode(degraded), encode(target))


def codes(measurement):
    return [reason.code for reason in judge_pair(measurement, THRESHOLDS)]


def test_a_blank_target_under_dense_rain_is_not_unrelated():
    pair = measured(DENSE, BLANK)
    assert pair.identity_snr < THRESHOLDS.min_match
    assert codes(pair) == []


def test_another_scene_under_rain_is_unrelated_to_a_blank_target():
    pair = measured(rain(scene(72, 256, 384), 4), BLANK)
    assert codes(pair) == [reasons.UNRELATED]


def test_rain_before_the_night_is_unrelated_to_a_bright_blank_target():
    assert codes(measured(rain(BLANK // 5, 3, 6000, 150), BLANK)) == [reasons.UNRELATED]


def test_an_image_that_was_scaled_is_told_from_a_blank_sky():
    rainy = measured(rain(BLANK, 3, 1500, 150), BLANK)
    assert 3 * rainy.target_levels < THRESHOLDS.min_levels < rainy.input_levels
    assert codes(rainy) == []
    assert codes(measured(TARGET, (TARGET / 16).astype(np.uint8))) == [reasons.RANGE_MISMATCH]
    assert codes(measured(TARGET, (TARGET // 36) * 36)) == [reasons.RANGE_MISMATCH]


@pytest.mark.parametrize("change", [(6, 0, -9), (3, 3, 3)], ids=["colour", "light"])
def test_another_colour_or_light_is_something_to_restore(change):
    veiled = np.clip(BLANK.astype(int) + np.array(change), 0, 255).astype(np.uint8)
    pair = measured(veiled, BLANK)
    assert pair.change_strong < THRESHOLDS.max_same_change
    assert reasons.NO_GROUND_TRUTH not in codes(pair)
    assert codes(measured(BLANK, BLANK)) == [reasons.NO_GROUND_TRUTH]


def test_texture_that_haze_thins_is_no_noise_of_the_target():
    photo = read_rgb(embedded_photos() / "life.jpg")
    target = np.ascontiguousarray(photo[89 : 89 + 256, 53 : 53 + 384])
    hazy = degrade(target, "haze", "medium", 0, 7)
    pair = measured(hazy, target)
    assert pair.target_flat_energy > THRESHOLDS.max_target_noise
    assert codes(pair) == []
    grainy = measured(hazy, noisy(target, 60, np.random.default_rng(1)))
    assert codes(grainy) == [reasons.LOW_QUALITY_TARGET]


def test_a_smooth_target_under_rain_is_not_blurred():
    smooth = cv2.GaussianBlur(TARGET, (0, 0), 3)
    rainy = measured(rain(smooth, 1, 300, 90), smooth)
    finer = {"target_slope": -1.9, "fine_contrast": 1.4, "input_flat_energy": 8.0, "target_flat_energy": 4.2}
    assert codes(replace(rainy, **finer)) == []
    assert codes(replace(rainy, **finer, shared_sharpness=0.3)) == [reasons.LOW_QUALITY_TARGET]


def test_colours_are_compared_unless_haze_hid_those_of_the_input():
    pair = replace(measured(rain(TARGET, 2), TARGET), channel_gain=0.2, channel_order="BRG")
    assert codes(pair) == [reasons.CHANNELS_SWAPPED]
    assert codes(replace(pair, input_colour=3.2)) == []
    assert codes(replace(pair, input_colour=3.2, target_colour=3.4)) == [reasons.CHANNELS_SWAPPED]
