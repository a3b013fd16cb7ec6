"""Colour that the input has and its target has not: of the scene, of a tint of the whole, or of something in front of it."""

from dataclasses import replace

import numpy as np
import pytest

from components.pair_validator.judging import reasons
from components.pair_validator.judging.judge import judge_pair
from components.pair_validator.measuring.measure import measure
from components.pair_validator.settings import PairThresholds
from tests.components.pair_validator.drawing import encode, luma, rain, scene

THRESHOLDS = PairThresholds()
SCENE = scene(61, 256, 384)
GREY = np.repeat(luma(SCENE)[..., None], 3, axis=2)
PALE = (GREY * np.array([0.9, 1.0, 1.1]) + 0.06 * (SCENE - GREY.astype(float))).clip(0, 255).astype(np.uint8)
"""The scene in little colour and cold light: a warm cast has more colour, and in the light of another order."""

WARM, COLD = (1.3, 1.0, 0.7), (0.7, 1.0, 1.3)


def tinted(image, gains):
    return np.clip(np.rint(image * np.array(gains)), 0, 255).astype(np.uint8)


def measured(degraded, target):
    return measure("p", encode(degraded), encode(target))


def codes(measurement):
    return [reason.code for reason in judge_pair(measurement, THRESHOLDS)]


@pytest.mark.parametrize("gains", [WARM, COLD], ids=["warm", "cold"])
@pytest.mark.parametrize("light", [1.0, 1.2], ids=["exposed", "overexposed"])
def test_a_tint_of_a_grey_picture_is_no_colour_that_its_target_lost(gains, light):
    pair = measured(tinted(rain(GREY, 2), [light * gain for gain in gains]), GREY)
    assert pair.input_colour > 30 > 1.5 > pair.target_colour
    assert codes(pair) == []


@pytest.mark.parametrize("gains", [(1.0, 1.0, 1.0), WARM], ids=["as it is", "tinted"])
def test_a_target_that_lost_the_colour_of_its_scene_is_found(gains):
    assert codes(measured(tinted(rain(SCENE, 2), gains), GREY)) == [reasons.LOW_QUALITY_TARGET]


def test_the_colour_of_a_reflection_before_a_grey_picture_is_not_that_of_the_scene():
    mirrored = (0.65 * rain(GREY, 2) + 0.35 * scene(62, 256, 384)).astype(np.uint8)
    pair = measured(mirrored, GREY)
    assert pair.input_colour > 6.0
    assert pair.input_hues > 1.0
    assert codes(pair) == []


def test_measurements_of_earlier_versions_are_judged_by_their_colour_alone():
    pair = measured(tinted(GREY, WARM), GREY)
    assert codes(replace(pair, input_hues=None, colour_on_edges=None)) == [reasons.LOW_QUALITY_TARGET]


@pytest.mark.parametrize("gains", [WARM, COLD], ids=["warm", "cold"])
def test_a_cast_on_a_pale_picture_is_no_other_order_of_its_channels(gains):
    assert codes(measured(tinted(rain(PALE, 2), gains), PALE)) == []


def test_another_order_of_the_channels_of_a_pale_picture_is_found():
    pair = measured(np.ascontiguousarray(rain(PALE, 2)[..., ::-1]), PALE)
    assert codes(pair) == [reasons.CHANNELS_SWAPPED]
    assert pair.channel_order == "BGR"


def test_a_channel_that_a_cast_takes_to_white_is_not_missing():
    light = (215 + 0.12 * (SCENE.astype(float) - 110)).clip(200, 235).astype(np.uint8)
    pair = measured(tinted(rain(light, 2, 200, 20), WARM), light)
    assert codes(pair) == []
    dark = light.copy()
    dark[..., 0] = 0
    assert reasons.CHANNELS_SWAPPED in codes(measured(rain(light, 2, 200, 20), dark))
