"""Duplicates and leaks."""

import cv2
import numpy as np
import pytest

from components.pair_validator.checks.across_pairs import PROTECTION
from components.pair_validator.judging.judge import judge_pairs
from components.pair_validator.measuring.measure import measure
from components.pair_validator.settings import PairThresholds
from data import features
from pipeline.benchmarks.support.corruptions import reencode
from tests.components.pair_validator.drawing import encode, haze, rain, scene

ONE, TWO = scene(81), scene(82)


def verdicts(*pairs, thresholds=None):
    """Each pair: (id, input, target, split, scene)."""
    measured = [(measure(name, encode(i), encode(t)), split, where) for name, i, t, split, where in pairs]
    return {j.pair_id: [r.code for r in j.reasons] for j in judge_pairs(measured, thresholds or PairThresholds())}


def test_the_evaluation_split_is_protected_most_and_the_train_split_least():
    assert PROTECTION == (features.TRAIN, features.VALIDATION, features.EVALUATION)


def test_the_second_of_two_equal_inputs_is_a_duplicate():
    rainy = rain(ONE, 1)
    found = verdicts(("a", rainy, ONE, "train", "1"), ("b", rainy, ONE, "train", "1"))
    assert found == {"a": [], "b": ["duplicate"]}


def test_the_same_weather_saved_again_is_a_duplicate():
    rainy = rain(ONE, 1)
    again = cv2.convertScaleAbs(rainy, alpha=1.0, beta=1)
    found = verdicts(("a", rainy, ONE, "train", "1"), ("b", again, cv2.add(ONE, (1, 1, 1, 0)), "train", "1"))
    assert found == {"a": [], "b": ["duplicate"]}


def test_other_rain_on_the_same_scene_is_no_duplicate():
    found = verdicts(("a", rain(ONE, 1), ONE, "train", "1"), ("b", rain(ONE, 2), ONE, "train", "1"))
    assert found == {"a": [], "b": []}


@pytest.mark.parametrize("quality", [60, 85])
def test_an_input_that_was_compressed_again_is_a_duplicate(quality):
    rainy = rain(ONE, 1)
    found = verdicts(("a", rainy, ONE, "train", "1"), ("b", reencode(rainy, quality), ONE, "train", "1"))
    assert found == {"a": [], "b": ["duplicate"]}


@pytest.mark.parametrize("other", [haze(ONE, 0.55), haze(ONE, 0.6, 230.0), cv2.convertScaleAbs(haze(ONE), alpha=0.6)])
def test_another_haze_or_light_on_the_same_scene_is_no_duplicate(other):
    found = verdicts(("a", haze(ONE, 0.58), ONE, "train", "1"), ("b", other, ONE, "train", "1"))
    assert found == {"a": [], "b": []}


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [("train", "evaluation", "a"), ("evaluation", "train", "b"), ("train", "validation", "a")],
)
def test_a_scene_in_two_splits_leaks_from_the_less_protected_one(first, second, left):
    found = verdicts(("a", rain(ONE, 1), ONE, first, "1"), ("b", rain(ONE, 2), ONE, second, "1"))
    assert {name for name, codes in found.items() if codes == ["leak"]} == {left}
    assert sum(map(len, found.values())) == 1


def test_a_mirrored_scene_under_another_name_leaks():
    mirrored = np.ascontiguousarray(ONE[:, ::-1])
    found = verdicts(("a", rain(ONE, 1), ONE, "train", "1"), ("b", rain(mirrored, 2), mirrored, "evaluation", "9"))
    assert found == {"a": ["leak"], "b": []}


def test_a_shared_scene_id_leaks_even_if_the_pictures_differ():
    found = verdicts(("a", rain(ONE, 1), ONE, "train", "1"), ("b", rain(TWO, 2), TWO, "evaluation", "1"))
    assert found == {"a": ["leak"], "b": []}


def test_other_scenes_and_unknown_ids_do_not_leak():
    found = verdicts(("a", rain(ONE, 1), ONE, "train", ""), ("b", rain(TWO, 2), TWO, "evaluation", ""))
    assert found == {"a": [], "b": []}


def test_a_pair_that_fails_on_its_own_leaks_nothing():
    found = verdicts(("a", rain(ONE, 1), ONE, "train", "1"), ("b", ONE, ONE, "evaluation", "1"))
    assert found == {"a": [], "b": ["no_ground_truth"]}


def test_thresholds_of_leaks_can_be_tried():
    mirrored = reencode(ONE[:, ::-1], 50)
    pairs = (("a", rain(ONE, 1), ONE, "train", "1"), ("b", rain(mirrored, 2), mirrored, "evaluation", "9"))
    assert verdicts(*pairs)["a"] == ["leak"]
    assert verdicts(*pairs, thresholds=PairThresholds(max_scene_distance=0.0))["a"] == []
