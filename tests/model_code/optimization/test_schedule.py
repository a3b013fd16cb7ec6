from __future__ import annotations

import math

import pytest

from model_code.optimization.schedule import learning_rate, stage_of
from model_code.settings import Stage, TrainSettings

STAGES = (Stage(steps=11, learning_rate=2e-3), Stage(steps=5, learning_rate=1e-3))
SETTINGS = TrainSettings(stages=STAGES, warmup_steps=4, min_learning_rate=1e-5)


def test_warm_up_is_linear_and_ends_at_the_peak() -> None:
    rates = [learning_rate(step, SETTINGS) for step in range(5)]
    assert rates == pytest.approx([0.5e-3, 1e-3, 1.5e-3, 2e-3, 2e-3])


def test_each_stage_falls_along_a_cosine_to_the_floor() -> None:
    middle = 1e-5 + (2e-3 - 1e-5) * 0.5 * (1 + math.cos(math.pi * 3 / 6))  # step 7: 3 of 6 steps past the warm-up
    assert learning_rate(7, SETTINGS) == pytest.approx(middle)
    assert learning_rate(10, SETTINGS) == pytest.approx(1e-5)
    assert learning_rate(11, SETTINGS) == pytest.approx(1e-3)  # no second warm-up
    assert learning_rate(15, SETTINGS) == pytest.approx(1e-5)


def test_rates_never_rise_within_a_stage_after_the_warm_up() -> None:
    rates = [learning_rate(step, SETTINGS) for step in range(4, 11)]
    assert rates == sorted(rates, reverse=True)


def test_steps_find_their_stage() -> None:
    assert stage_of(10, SETTINGS) == (STAGES[0], 10)
    assert stage_of(11, SETTINGS) == (STAGES[1], 0)
    for outside in (-1, 16):
        with pytest.raises(ValueError, match="outside"):
            stage_of(outside, SETTINGS)


def test_a_warm_up_longer_than_the_stage_and_a_single_step_still_have_a_rate() -> None:
    short = TrainSettings(stages=(Stage(steps=2, learning_rate=1e-3), Stage(steps=1)), warmup_steps=50)
    assert all(0 < learning_rate(step, short) <= 1e-3 for step in range(3))
