"""Verdicts: each code where it belongs, and nowhere else."""

from dataclasses import asdict, replace

import cv2
import numpy as np
import pytest

from components.pair_validator.judging import reasons
from components.pair_validator.judging.judge import judge_pair, judge_pairs
from components.pair_validator.measuring.measure import measure
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.settings import PairLimits, PairThresholds
from pipeline.benchmarks.support import corruptions
from pipeline.benchmarks.support.pair_sets import drawn_sets
from tests.components.pair_validator.drawing import encode, haze, rain, scene
from tests.components.pair_validator.measuring.test_decoding import png_header

TARGET = scene(71, 256, 320)
OTHER = scene(72, 256, 320)
RAINY, HAZY = rain(TARGET, 73), haze(TARGET)
THRESHOLDS = PairThresholds()


def codes(degraded, target, thresholds=THRESHOLDS, limits=None):
    files = [file if isinstance(file, bytes) or file is None else encode(file) for file in (degraded, target)]
    return [reason.code for reason in judge_pair(measure("p", *files, limits), thresholds, limits)]


@pytest.mark.parametrize("degraded", [RAINY, HAZY, rain(TARGET, 5, 1500, 150), rain(TARGET, 6, 80, 70)])
def test_correct_pairs_pass(degraded):
    assert codes(degraded, TARGET) == []


@pytest.mark.parametrize("pixels", [1, 2, 4, 8, 40])
@pytest.mark.parametrize("degraded", [RAINY, HAZY])
def test_a_shift_is_misaligned(degraded, pixels):
    assert codes(*corruptions.shift(degraded, TARGET, pixels, -pixels)) == [reasons.MISALIGNED]


def test_a_turn_is_misaligned():
    assert codes(*corruptions.turn(RAINY, TARGET, 1.5)) == [reasons.MISALIGNED]


@pytest.mark.parametrize("factor", [0.9, 0.98, 1.02, 1.1])
def test_a_zoom_is_scaled(factor):
    assert reasons.SCALED in codes(*corruptions.zoom(RAINY, TARGET, factor))


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_a_flip_is_flipped(axes):
    assert codes(np.flip(RAINY, axes), TARGET) == [reasons.FLIPPED]


def test_a_quarter_turn_is_flipped_whatever_it_does_to_the_size():
    assert codes(*corruptions.quarter_turn(RAINY, TARGET)) == [reasons.FLIPPED]
    assert set(codes(np.rot90(RAINY), TARGET)) == {reasons.FLIPPED, reasons.SIZE_MISMATCH}


@pytest.mark.parametrize("drawn", drawn_sets()[:2], ids=lambda drawn: drawn.name)
def test_a_swapped_set_is_swapped_and_a_swapped_pair_among_right_ones(drawn):
    pairs = [pair.load() for pair in drawn.pairs[:12]]
    right = [measure(f"set/{name}", encode(degraded), encode(target)) for name, (degraded, target) in enumerate(pairs)]
    swapped = [
        measure(f"set/{name}", encode(target), encode(degraded)) for name, (degraded, target) in enumerate(pairs)
    ]
    assert codes_of_set(right) == [[]] * 12
    assert codes_of_set(swapped) == [[reasons.SWAPPED]] * 12
    assert codes_of_set([*right[:1], swapped[1], *right[2:]]) == [[], [reasons.SWAPPED]] + [[]] * 10


def codes_of_set(measured):
    judgements = judge_pairs(((measurement, "", "") for measurement in measured), THRESHOLDS)
    return [[reason.code for reason in judgement.reasons] for judgement in judgements]


def test_one_pair_alone_does_not_overrule_the_layout():
    assert codes(TARGET, HAZY) == []


def test_another_scene_is_unrelated():
    assert codes(RAINY, OTHER) == [reasons.UNRELATED]


@pytest.mark.parametrize("quality", [50, 75, 95])
def test_the_same_picture_saved_twice_has_no_ground_truth(quality):
    assert codes(RAINY, corruptions.reencode(RAINY, quality)) == [reasons.NO_GROUND_TRUTH]


def test_a_few_drops_on_an_otherwise_equal_picture_are_something_to_restore():
    drops = np.zeros(TARGET.shape[:2], np.float32)
    for place in ((60, 80), (200, 150)):
        cv2.circle(drops, place, 5, 1.0, -1)
    weight = 0.3 * cv2.GaussianBlur(drops, (0, 0), 3)[..., None]
    dropped = (TARGET * (1 - weight) + 235 * weight).astype(np.uint8)
    measured = measure("p", encode(dropped), encode(TARGET))
    assert measured.change_strong < 5  # less than a hundredth of the picture
    assert codes(dropped, TARGET) == []


@pytest.mark.parametrize(("own_structure", "expected"), [(0.13, [reasons.NO_GROUND_TRUTH]), (0.34, [])])
def test_structure_of_the_inputs_own_is_something_to_restore(own_structure, expected):
    measured = measure("p", encode(corruptions.reencode(RAINY, 75)), encode(RAINY))
    noisy = replace(measured, own_structure=own_structure)
    assert [reason.code for reason in judge_pair(noisy, THRESHOLDS)] == expected


def test_measurements_of_an_earlier_version_are_judged_without_the_largest_change():
    fields = measure("p", encode(RAINY), encode(corruptions.reencode(RAINY, 75))).to_json()
    del fields["change_largest"]
    old = PairMeasurement.from_json(fields)
    assert [reason.code for reason in judge_pair(old, THRESHOLDS)] == [reasons.NO_GROUND_TRUTH]


def test_the_very_same_picture_has_no_ground_truth():
    assert codes(RAINY, RAINY) == [reasons.NO_GROUND_TRUTH]


@pytest.mark.parametrize(
    ("degraded", "target", "code"),
    [
        (None, TARGET, reasons.MISSING_PARTNER),
        (RAINY, b"", reasons.MISSING_PARTNER),
        (b"version https://git-lfs", TARGET, reasons.NOT_AN_IMAGE),
        (encode(RAINY)[:5000], TARGET, reasons.UNDECODABLE),
        (RAINY, png_header(30_000, 30_000), reasons.BOMB),
        (RAINY, png_header(9_000, 9_000), reasons.BOMB),
        (RAINY[:-1], TARGET, reasons.SIZE_MISMATCH),
        (RAINY[:60], TARGET[:60], reasons.TOO_SMALL),
    ],
)
def test_missing_and_unreadable_files_have_their_codes(degraded, target, code):
    assert codes(degraded, target) == [code]


def test_a_file_of_too_many_bytes_is_a_bomb():
    limits = PairLimits(max_bytes=1000)
    (reason, _) = judge_pair(measure("p", encode(RAINY), encode(TARGET), limits), THRESHOLDS, limits)
    assert (reason.code, reason.unit, reason.threshold) == (reasons.BOMB, "bytes", 1000)


def test_both_sides_are_reported():
    assert codes(None, b"text") == [reasons.MISSING_PARTNER, reasons.NOT_AN_IMAGE]


def test_a_reason_says_value_unit_threshold_and_text():
    (reason,) = judge_pair(measure("p", *map(encode, corruptions.shift(RAINY, TARGET, 3, 4))), THRESHOLDS)
    assert reason.measured == pytest.approx(5, abs=0.3)
    assert (reason.unit, reason.threshold) == ("px", THRESHOLDS.max_shift)
    assert "+3.0" in reason.text
    assert set(asdict(reason)) == {"code", "measured", "unit", "threshold", "text", "setting"}


def test_a_changed_threshold_needs_no_new_measurement():
    shifted = measure("p", *map(encode, corruptions.shift(RAINY, TARGET, 0, 2)))
    assert judge_pair(shifted, THRESHOLDS)
    assert not judge_pair(shifted, PairThresholds(max_shift=2.5))
    assert judge_pair(measure("p", encode(RAINY), encode(TARGET)), PairThresholds(min_side=300))


def test_judgements_come_in_order_and_take_a_generator_once():
    pairs = {"good": (RAINY, TARGET), "moved": corruptions.shift(RAINY, TARGET, 0, 4), "missing": (None, TARGET)}
    measured = (
        (measure(name, *(encode(x) if x is not None else None for x in pair)), "train", name)
        for name, pair in pairs.items()
    )
    judgements = judge_pairs(measured, THRESHOLDS)
    assert [judgement.pair_id for judgement in judgements] == list(pairs)
    assert [judgement.verdict for judgement in judgements] == ["ok", "quarantined", "quarantined"]
    assert all(bool(j.reasons) == (j.verdict == "quarantined") for j in judgements)
