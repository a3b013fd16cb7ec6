"""Single channels that are shifted, missing, inverted or of another picture; weather and noise alone condemn none."""

import numpy as np
import pytest

from components.pair_validator.judging import reasons
from components.pair_validator.judging.judge import judge_pair
from components.pair_validator.measuring.measure import measure
from components.pair_validator.settings import PairThresholds
from tests.components.pair_validator.drawing import encode, haze, luma, rain, scene

TARGET = (luma(scene(81, 272, 400))[..., None] * np.array([1.0, 0.85, 0.7])).astype(np.uint8)
"""A warm scene of one hue: its channels fit each other."""

OTHER = scene(82, 272, 400)
THRESHOLDS = PairThresholds()


def measured(degraded, target):
    return measure("p", encode(degraded), encode(target))


def codes(measurement):
    return [reason.code for reason in judge_pair(measurement, THRESHOLDS)]


def with_channel(image, channel, plane):
    changed = image.copy()
    changed[..., channel] = plane
    return changed


@pytest.mark.parametrize("weather", [rain, haze], ids=["rain", "haze"])
@pytest.mark.parametrize("channel", [0, 2], ids=["red", "blue"])
@pytest.mark.parametrize("by", [3, 6])
def test_a_shifted_channel_of_the_target_is_found_and_named(weather, channel, by):
    moved = with_channel(TARGET, channel, np.roll(TARGET[..., channel], by, axis=1))
    pair = measured(weather(TARGET, 3)[:, 8:-8] if weather is rain else haze(TARGET)[:, 8:-8], moved[:, 8:-8])
    assert codes(pair) == [reasons.MISALIGNED]
    assert pair.shifted_channel == ("red", "green", "blue")[channel]


def test_channels_that_lie_apart_in_both_images_are_the_lens():
    apart = with_channel(TARGET, 2, np.roll(TARGET[..., 2], 3, axis=1))[:, 8:-8]
    assert codes(measured(rain(apart, 3), apart)) == []


@pytest.mark.parametrize("channel", range(3))
@pytest.mark.parametrize("side", ["input", "target"])
def test_a_missing_channel_is_found(channel, side):
    degraded, target = rain(TARGET, 3), TARGET
    if side == "input":
        degraded = with_channel(degraded, channel, 0)
    else:
        target = with_channel(target, channel, 0)
    assert reasons.CHANNELS_SWAPPED in codes(measured(degraded, target))


@pytest.mark.parametrize("plane", [255 - TARGET[..., 0], OTHER[..., 0]], ids=["inverted", "of another picture"])
def test_a_channel_that_shows_something_else_is_found(plane):
    pair = measured(rain(TARGET, 3), with_channel(TARGET, 0, plane))
    assert codes(pair) == [reasons.CHANNELS_SWAPPED]


@pytest.mark.parametrize("sigma", [10, 40])
def test_noise_in_each_channel_is_no_fault(sigma):
    noise = np.random.default_rng(5).normal(0, sigma, TARGET.shape)
    noisy = np.clip(TARGET + noise, 0, 255).astype(np.uint8)
    assert codes(measured(noisy, TARGET)) == []


def test_a_target_with_one_empty_channel_in_both_images_passes():
    red = with_channel(with_channel(TARGET, 1, 0), 2, 0)
    darker = with_channel(red, 0, (0.6 * red[..., 0]).astype(np.uint8))
    assert codes(measured(darker, red)) == []


def test_an_input_that_lost_its_colour_passes():
    colourful = scene(83, 272, 400)
    grey = np.repeat(luma(rain(colourful, 3))[..., None], 3, axis=2)
    assert codes(measured(grey, colourful)) == []
