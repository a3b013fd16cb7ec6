"""Thresholds that are reported on a set were chosen without it."""

from dataclasses import replace

import pytest

from components.pair_validator.judging.measurement_store import judge_measured
from components.pair_validator.settings import PairSettings
from pipeline.benchmarks.pair_faults.fitting import Judged, fit_thresholds, loss, moved
from pipeline.benchmarks.pair_faults.leave_one_out import leave_one_out, printed_table, training_sets
from pipeline.benchmarks.pair_faults.rates import rows_of
from tests.pipeline.benchmarks.pair_faults.samples import sample

SETS = ("Rain100L", "R100H", "Rain200H", "Rain800", "drawn rain")


def _set(name, fault, valid=0.0):
    """Returns a set of one valid pair and one that is shifted by some pixels."""
    return [sample("as published", 1, valid, name), sample("shift", 4, fault, name)]


def test_drawn_sets_share_their_photographs():
    assert training_sets("drawn rain", ("Rain800", "drawn rain", "drawn haze")) == ("Rain800",)
    assert training_sets("drawn rain", ("drawn rain", "drawn haze")) == ("drawn haze",)


@pytest.mark.parametrize("name", SETS)
def test_a_set_and_those_of_its_scenes_are_left_out_together(name):
    chosen_on = training_sets(name, SETS)
    assert name not in chosen_on
    assert {"Rain100L", "R100H", "Rain200H"}.isdisjoint(chosen_on) or name in ("Rain800", "drawn rain")
    assert chosen_on


def test_a_fit_sees_the_training_sets_alone():
    seen = []

    def fit(_, names):
        seen.append(tuple(names))
        return PairSettings()

    samples = [each for name in SETS for each in _set(name, 4.0)]
    assert [each.pairs for each in leave_one_out(samples, fit)] == list(SETS)
    assert seen == [training_sets(name, SETS) for name in SETS]


def test_a_threshold_moves_where_the_training_sets_ask_for_it():
    judged = Judged({"a": _set("a", 0.3), "b": _set("b", 4.0)})
    assert moved(fit_thresholds(judged, ["a"])) == {"max_shift": pytest.approx(0.252)}
    assert moved(fit_thresholds(judged, ["b"])) == {}


def test_false_alarms_weigh_more_than_missed_faults():
    missed, alarmed = (rows_of(_set("a", *shifts), PairSettings()) for shifts in ((0.1, 0.0), (4.0, 4.0)))
    assert loss(missed) == pytest.approx(1)
    assert loss(alarmed) == pytest.approx(10)


def test_figures_of_a_set_left_out_stand_beside_the_shipped_ones():
    results = leave_one_out([*_set("a", 0.3), *_set("b", 0.3, valid=0.28)])
    a, b = results
    assert (a.shipped.recall, a.held_out.recall) == (0, 0)  # on set b a stricter threshold costs a false alarm
    assert (b.shipped.recall, b.held_out.recall, b.held_out.false_alarms) == (0, 1, 1)
    assert "max_shift 0.252" in printed_table(results)


def test_a_sample_is_judged_as_a_data_set_is():
    one, two = sample("shift", 4, 3.0), sample("shift", 4, 0.0)
    rest = tuple(
        replace(each, measurement=replace(each.measurement, pair_id="rest", input_sha256="1", change_hash="0" * 64))
        for each in two.drawn
    )
    drawn, beside = replace(one, rest=rest).judge(PairSettings())
    verdicts = judge_measured([*one.drawn, *rest], PairSettings())
    assert {**drawn, **beside} == {each.pair_id: tuple(why.code for why in each.reasons) for each in verdicts}
