"""Scores are plain functions of measurements."""

import dataclasses
import math

import pytest

from components.pair_validator.judging.score import score
from components.pair_validator.measuring.pair_measurement import PairMeasurement

KNOWN = PairMeasurement(
    pair_id="p",
    input_status="ok",
    target_status="ok",
    input_height=300,
    input_width=400,
    target_height=300,
    target_width=400,
    shift_y=3.0,
    shift_x=-4.0,
    zoom=1.02,
    rotation=-1.0,
    match_snr=50.0,
    identity_snr=10.0,
    orientation="mirrored",
    orientation_snr=40.0,
    upright_snr=20.0,
    own_structure=0.3,
    veiling=-0.1,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shift", 5.0),
        ("zoom", 0.02 * 250),  # half the diagonal of 300 x 400
        ("rotation", math.radians(1) * 250),
        ("position_evidence", 40.0),
        ("flip", 40 / 50),  # the blocks' upright match is the higher one
        ("min_side", 300.0),
    ],
)
def test_scores_by_hand(name, expected):
    assert score(KNOWN)[name] == pytest.approx(expected)


def test_a_pair_without_all_cues_has_no_direction():
    assert score(KNOWN)["swap"] is None


def test_upright_pairs_have_no_flip():
    assert score(dataclasses.replace(KNOWN, orientation="upright"))["flip"] == 1.0


def test_a_displacement_is_scored_alike_in_both_directions():
    other = dataclasses.replace(KNOWN, shift_y=-3.0, shift_x=4.0, zoom=0.98, rotation=1.0)
    for name in ("shift", "zoom", "rotation"):
        assert score(other)[name] == pytest.approx(score(KNOWN)[name])
