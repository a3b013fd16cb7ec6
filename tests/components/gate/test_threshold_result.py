"""A threshold beside its value: what is derived, and how older records are read."""

import math

import pytest

from components.gate.threshold_result import ThresholdResult

RESULT = {"name": "gain_psnr", "value": 3.0, "threshold": 1.0, "unit": "dB", "reason": "a viewer sees 1 dB"}


def result(**changes):
    return ThresholdResult(**RESULT | {"verdict": "met"} | changes)


def test_margin_is_positive_on_the_passing_side():
    assert result().margin == 2.0
    assert result(threshold=10.0, direction="at_most").margin == 7.0
    assert result(low=2.0, high=0.5).interval_margins == (1.0, -0.5)


def test_the_judged_value_is_the_bound_that_the_rule_names():
    assert result(low=1.5, high=4.0, judged="low").judged_value == 1.5
    assert result(judged="low").judged_value == 3.0  # no interval


def test_a_value_that_is_not_finite_is_absent():
    absent = result(value=math.nan, low=math.inf, verdict="not met")
    assert (absent.value, absent.low, absent.margin, absent.interval_margins) == (None, None, None, ())


@pytest.mark.parametrize(("verdict", "passed"), [("met", True), ("not met", False), ("too few images", True)])
def test_only_a_threshold_that_is_not_met_blocks(verdict, passed):
    assert result(verdict=verdict).passed == passed
    assert ThresholdResult.model_validate_json(result(verdict=verdict).model_dump_json()).passed == passed


@pytest.mark.parametrize(("passed", "verdict"), [(True, "met"), (False, "not met")])
def test_a_record_without_a_verdict_is_read_by_whether_it_passed(passed, verdict):
    assert ThresholdResult.model_validate(RESULT | {"verdict": None, "passed": passed}).verdict == verdict
