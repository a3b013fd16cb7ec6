"""Evidence that may be looked at after every image, and what a canary's judge makes of it."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from model_code.saved_model.tiling import Tiling
from pipeline.serving.model.batching import ModelCall
from pipeline.serving.rollout.canary import judge as judge_module
from pipeline.serving.rollout.canary.evidence import FALSE_ALARM, exceeds, log_evidence
from pipeline.serving.rollout.canary.judge import Judge
from pipeline.serving.rollout.draws import Draws
from pipeline.serving.rollout.settings import CanarySettings

MODEL = SimpleNamespace(tiling=Tiling())
IMAGE = np.zeros((24, 32, 3), np.uint8)


def test_the_evidence_is_the_average_of_the_likelihood_ratios():
    limit, shares = 0.05, np.linspace(0.05, 1, 200_001)
    for count, total in ((0, 0), (3, 20), (10, 20), (1, 50)):
        ratios = (shares / limit) ** count * ((1 - shares) / (1 - limit)) ** (total - count)
        assert np.exp(log_evidence(count, total, limit)) == pytest.approx(ratios.mean(), rel=1e-3)


def test_a_share_at_its_limit_hardly_ever_alarms_however_often_one_looks():
    draw, alarms = np.random.default_rng(1), 0
    for _ in range(200):
        counts = np.cumsum(draw.random(200) < 0.05)
        alarms += any(exceeds(int(count), total, 0.05) for total, count in enumerate(counts, 1))
    assert alarms <= 200 * FALSE_ALARM * 2


def test_extreme_counts_are_no_accident():
    assert exceeds(0, 10**6, 0.05) is False
    assert exceeds(10**6, 10**6, 0.05) is True
    assert exceeds(5, 5, 0.0) is True
    assert exceeds(5, 5, 1.0) is False


def test_a_share_is_drawn_by_number_alone():
    chosen = [sum(draws.next() for _ in range(4000)) for draws in (Draws(0.1, 1), Draws(0.1, 1), Draws(0.1, 2))]
    assert chosen[0] == chosen[1] != chosen[2]
    assert all(330 < each < 470 for each in chosen)


def _call(seconds=0.01, error=None):
    return ModelCall(MODEL, [IMAGE], () if error else [IMAGE], seconds, error)


def _run(judge, images, seed, failed=0.0, slow=1.0, odd=0.0, baseline=(0.0, 0.0)):
    """Lets both versions answer in turn, with times that scatter by half; returns the images until the decision."""
    draw = np.random.default_rng(seed)
    for number in range(1, images + 1):
        for is_canary, (failing, being_odd), speed in ((False, baseline, 1.0), (True, (failed, odd), slow)):
            fails = draw.random() < failing
            took = 0.01 * speed * float(draw.uniform(0.75, 1.25))
            judge.count(_call(took, ValueError() if fails else None), is_canary)
            if not fails:
                judge.count_measured(["edges"] if draw.random() < being_odd else [], is_canary)
        if judge.decision is not None:
            return number
    return images


def test_an_equal_canary_passes_and_is_hardly_ever_taken_back():
    judges = [Judge(CanarySettings(0.5)) for _ in range(30)]
    for seed, judge in enumerate(judges):
        _run(judge, 200, seed, failed=0.01, odd=0.05, baseline=(0.01, 0.05))
    assert sum(judge.decision is not None for judge in judges) <= 1
    passing = Judge(CanarySettings(0.5, promote=50))
    assert _run(passing, 200, 1) == 50
    assert passing.decision.passes


@pytest.mark.parametrize(
    ("behaviour", "most", "reason"),
    [
        ({"failed": 1.0}, 20, r"failed for 20 of 20 images \(ValueError\)"),
        ({"failed": 0.2}, 60, "failed for"),
        ({"odd": 1.0}, 20, r"20 of 20 images are odd \(edges out of bounds\)"),
        ({"odd": 0.4}, 60, "are odd"),
        ({"slow": 3.0}, 50, "more than 1.5 times the median"),
    ],
)
def test_a_bad_canary_is_taken_back_soon(behaviour, most, reason):
    judge = Judge(CanarySettings(0.5, promote=500))
    assert _run(judge, 500, 1, **behaviour) <= most
    assert not judge.decision.passes

    assert re.search(reason, judge.decision.reason)


def test_one_failure_is_no_reason():
    judge = Judge(CanarySettings(0.5, promote=40))
    judge.count(_call(error=ValueError()), is_canary=True)
    judge.count_measured(["edges"], is_canary=True)
    _run(judge, 90, 1)
    assert judge.decision is None, "1 of 91 is above the limit, but not beyond chance: it neither passes nor fails"
    assert _run(judge, 90, 2) == 9, "1 of 100 is at the limit"
    assert judge.decision.passes


def test_what_production_does_as_well_is_no_reason():
    judge = Judge(CanarySettings(0.5))
    _run(judge, 300, 1, failed=0.3, odd=0.5, baseline=(0.3, 0.5))
    assert judge.decision is None


def test_a_fault_that_comes_late_is_not_outweighed_by_a_good_past(monkeypatch):
    monkeypatch.setattr(judge_module, "WINDOW", 200)
    judge = Judge(CanarySettings(0.5))
    _run(judge, 950, 1)
    assert _run(judge, 500, 2, odd=0.3) <= 120
    assert not judge.decision.passes
