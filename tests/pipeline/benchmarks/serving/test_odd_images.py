"""The counts of odd answers, on pairs whose truth is known."""

import pytest

from pipeline.benchmarks.serving.odd_images import BROKEN, odd_share
from pipeline.benchmarks.support.real_pairs import RealPair
from pipeline.serving.rollout.bounds import bounds_from
from tests.model_code import drawn_pairs


@pytest.fixture(scope="module")
def pairs():
    pairs = []
    for seed in range(3):
        clean = drawn_pairs.clean((72, 96), seed)
        pairs.append(RealPair(f"drawn/{seed}", "drawn", str(seed), True, (drawn_pairs.degraded(clean, seed), clean)))
    return pairs


def test_a_model_that_returns_its_input_is_never_odd_and_one_grey_always_is(pairs):
    assert odd_share(pairs, lambda degraded, _: degraded, bounds_from(()))[0] == 0
    share, measures, _ = odd_share(pairs, BROKEN["one grey"], bounds_from(()))
    assert share == 1
    assert measures["edges"] == 3


@pytest.mark.parametrize("name", list(BROKEN))
def test_every_broken_model_answers_with_an_image_of_the_same_size(pairs, name):
    degraded, target = pairs[0].images
    answer = BROKEN[name](degraded, target)
    assert (answer.shape, answer.dtype) == (target.shape, target.dtype)
