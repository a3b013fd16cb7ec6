"""A sample of the real pairs that lie beside the project, the hard ones among them."""

import pytest

from components.pair_validator.settings import PairThresholds
from pipeline.benchmarks.pair_validator.__main__ import FAKE, TRUE, run
from pipeline.benchmarks.support.real_pairs import kinds, read_pairs

HARD = ("R100H/inputcrop/31", "R100H/inputcrop/37", "R100H/inputcrop/55", "R100H/inputcrop/96", "training/187.")
EXTRA = ("training/158.", "training/392.", "hazy/1400_10", "2_rain.png", "Rain100L/input/4.png", "test_nature/2.jpg")


@pytest.fixture(scope="module")
def outcomes(shared):
    pairs = read_pairs(shared / "data", HARD + EXTRA)
    assert len(pairs) == len(HARD + EXTRA)
    return list(run(pairs, PairThresholds()))


def test_no_correct_pair_is_quarantined(outcomes):
    assert [(o.name, o.codes) for o in outcomes if o.kind == TRUE and o.codes] == []


def test_pairs_without_ground_truth_are_quarantined(outcomes):
    assert all(outcome.is_rightly_named for outcome in outcomes if outcome.kind == FAKE)


@pytest.mark.parametrize("kind", kinds([]))
def test_corrupted_pairs_get_their_codes(outcomes, kind):
    assert [(o.name, o.codes) for o in outcomes if o.kind == kind and not o.is_rightly_named] == []
