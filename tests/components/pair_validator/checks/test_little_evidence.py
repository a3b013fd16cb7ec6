"""Displacements that are measured vaguely, and blank pictures that differ by little more than their compression."""

from dataclasses import replace

import numpy as np
import pytest

from components.pair_validator.checks import position
from components.pair_validator.judging import reasons
from components.pair_validator.judging.judge import judge_pair
from components.pair_validator.measuring.measure import measure
from components.pair_validator.settings import PairThresholds
from tests.components.pair_validator.drawing import encode, rain, scene

THRESHOLDS = PairThresholds()
TARGET = scene(64, 256, 384)
RAINY = measure("p", encode(rain(TARGET, 2)), encode(TARGET))
CORNER = float(np.hypot(128, 192))


def codes(**measured):
    return [reason.code for reason in judge_pair(replace(RAINY, **measured), THRESHOLDS)]


def test_a_shift_has_to_exceed_its_own_errors_and_not_those_of_a_vague_zoom():
    vague = {"shift_y": 0.53, "shift_x": 0.0, "zoom": 0.995, "match_snr": 25.5, "identity_snr": 22.4}
    assert codes(**vague, fit_error=0.24, blocks_agreeing=0.6) == []
    assert codes(**vague, fit_error=0.1, blocks_agreeing=0.6) == [reasons.MISALIGNED]


def test_a_shift_off_which_nothing_matches_is_found_with_large_errors():
    clear = {"shift_y": 2.0, "shift_x": 0.0, "zoom": 1.014, "match_snr": 25.5, "identity_snr": 6.0}
    assert reasons.MISALIGNED in codes(**clear, opposite_snr=2.0, fit_error=1.0, blocks_agreeing=0.6)


@pytest.mark.parametrize(("identity", "expected"), [(32.5, []), (29.0, [reasons.SCALED])])
def test_a_zoom_that_matches_little_better_than_none_does_not_count(identity, expected):
    zoomed = {"zoom": 1.009, "fit_error": 0.2, "match_snr": 36.0, "identity_snr": identity, "opposite_snr": identity}
    assert codes(**zoomed, blocks_agreeing=0.57) == expected


def test_a_turn_that_matches_little_better_than_none_does_not_count():
    turned = {"rotation": 0.5, "fit_error": 0.2, "match_snr": 36.0, "opposite_snr": 20.0, "blocks_agreeing": 0.57}
    assert codes(**turned, identity_snr=32.5) == []
    assert codes(**turned, identity_snr=29.0) == [reasons.MISALIGNED]


def stretched(errors, **blocks):
    aspect = 2 * 1.2 / CORNER
    places = {"aspect": aspect, "shear": 0.0, "shape_error": 1.2 / errors, "places_agreeing": 0.9}
    return codes(**places, match_snr=50.0, identity_snr=50.0, **blocks)


def test_a_stretch_is_half_a_zoom_unless_it_is_very_clear():
    assert stretched(6.0) == []
    assert stretched(6.0, zoom=1 + 0.5 / CORNER) == [reasons.STRETCHED]
    assert stretched(6.0, rotation=float(np.degrees(0.5 / CORNER))) == [reasons.STRETCHED]
    assert stretched(position.LONE_STRETCH_ERRORS + 2) == [reasons.STRETCHED]


def test_blank_pictures_of_the_same_light_are_not_two_scenes():
    nothing = {"match_snr": 6.0, "identity_snr": 2.0, "lowpass_correlation": 0.3, "hiding_energy": 1.0}
    assert codes(**nothing, unexplained_light=2.8, mean_change=-1.0) == []
    assert codes(**nothing, unexplained_light=3.5, mean_change=-1.0) == [reasons.UNRELATED]
    assert codes(**nothing, unexplained_light=2.8, mean_change=-5.0) == [reasons.UNRELATED]
