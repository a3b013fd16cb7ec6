"""Which side is degraded: of a set, and of single pairs in it."""

import numpy as np
import pytest

from components.pair_validator.checks.roles import GENERAL, WEIGHTS
from components.pair_validator.judging.direction import (
    REVERSED,
    RIGHT,
    UNDECIDED,
    DirectionPool,
    SetDirection,
    pooled_log_odds,
    set_of,
    swapped_pairs,
)
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.settings import PairThresholds

RNG = np.random.default_rng(7)


def clear(count, mean=0.5, spread=0.15):
    """Cues of pairs whose inputs are plainly degraded."""
    return np.clip(RNG.normal(mean, spread, (count, len(WEIGHTS))), -1, 1)


def direction(cues):
    return SetDirection("", len(cues), pooled_log_odds(cues @ WEIGHTS)).verdict


@pytest.mark.parametrize("count", [3, 12, 200])
def test_a_set_that_tells_is_right_or_swapped_as_a_whole(count):
    cues = clear(count)
    assert direction(cues) == RIGHT
    assert direction(-cues) == REVERSED


def test_a_set_that_does_not_tell_stays_undecided():
    assert direction(clear(500, mean=0.0, spread=0.05)) == UNDECIDED
    # Any number of pairs with one slight habit is one witness of little weight, not many.
    assert direction(clear(5000, mean=-0.05, spread=0.02)) == UNDECIDED


def test_one_pair_does_not_overrule_the_layout():
    assert direction(-clear(1)) == UNDECIDED


@pytest.mark.parametrize("share", [0.1, 1 / 3])
def test_swapped_pairs_of_a_right_set_are_found(share):
    cues = clear(120)
    swapped = np.arange(round(share * 120))
    cues[swapped] *= -1
    assert [index for index, _ in swapped_pairs(cues, direction(cues), 1.0)] == swapped.tolist()


def test_right_pairs_of_a_swapped_set_pass():
    cues = -clear(60)
    cues[:5] *= -1
    assert [index for index, _ in swapped_pairs(cues, direction(cues), 1.0)] == list(range(5, 60))


def test_a_set_teaches_what_tells_its_sides_apart():
    """Pairs that the general cues leave open are told by cues that count in this set only."""
    cues = clear(200, mean=0.05, spread=0.005)
    cues[:20] *= -1
    cues[:, len(GENERAL) :] = 0
    assert list(swapped_pairs(cues, RIGHT, 1.5)) == []
    cues[:, len(GENERAL) :] = np.where(np.arange(200) < 20, 0.9, -0.9)[:, None]
    assert [index for index, _ in swapped_pairs(cues, RIGHT, 1.5)] == list(range(20))


def test_the_name_of_a_set_is_the_first_part_of_an_id():
    assert [set_of(name) for name in ("rain/a/1", "haze/1", "1")] == ["rain", "haze", ""]


def measurement(name, sign, **fields):
    values = {cue: sign * 1.5 * scale for cue, scale, _ in GENERAL}
    defaults = {"coupling": sign * 0.2, "fine_contrast": 0.0, "input_flat_energy": 9.0, "target_flat_energy": 9.0}
    return PairMeasurement(name, "ok", "ok", **({"identity_snr": 60.0} | values | defaults | fields))


def judged(measurements):
    pool = DirectionPool(PairThresholds())
    for index, each in enumerate(measurements):
        pool.add(index, each)
    reasons, directions = pool.judge()
    return {measurements[index].pair_id: reason for index, reason in reasons.items()}, {
        d.name: d.verdict for d in directions
    }


def test_each_set_has_its_own_direction_and_sentence():
    pairs = [measurement(f"a/{n}", 1 if n else -1) for n in range(30)] + [measurement(f"b/{n}", -1) for n in range(30)]
    reasons, directions = judged(pairs)
    assert directions == {"a": RIGHT, "b": REVERSED}
    assert set(reasons) == {"a/0"} | {f"b/{n}" for n in range(30)}
    assert "unlike in the rest of its set" in reasons["a/0"].text
    assert "the whole set b" in reasons["b/7"].text
    assert "exchange the two sides" in reasons["b/7"].text


def test_the_order_of_pairs_does_not_matter():
    pairs = [measurement(f"a/{n}", 1 if n % 9 else -1, bright_tail=float(RNG.normal(0.2, 0.2))) for n in range(50)]
    first, _ = judged(pairs)
    second, _ = judged([pairs[index] for index in RNG.permutation(len(pairs))])
    assert first == second
    assert len(first) == 6


def test_pairs_that_do_not_match_or_were_not_measured_are_not_asked():
    far = measurement("a/1", -1, identity_snr=3.0)
    blank = PairMeasurement("a/2", "ok", "ok", identity_snr=60.0)
    assert judged([far, blank]) == ({}, {})


def test_a_single_pair_of_a_clear_set_needs_more_evidence_than_one_of_many():
    """Evidence of 1.5 against a pair is no wonder among a thousand right pairs; beside a tenth of swapped ones it is enough."""
    cues = clear(400, mean=0.3, spread=0.02)
    cues[:, len(GENERAL) :] = 0
    cues[0] *= -0.3
    alone = [index for index, _ in swapped_pairs(cues, RIGHT, 0.5)]
    cues[1:61] *= -1
    assert alone == []
    assert 0 in [index for index, _ in swapped_pairs(cues, RIGHT, 0.5)]
