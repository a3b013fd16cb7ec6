import pytest

from pipeline.report.collect.example_images import rank


def test_pairs_are_ranked_by_gain():
    chosen = rank({"a": 3.0, "b": -0.5, "c": 1.0, "d": 2.0, "e": 9.0}, "evaluation images")
    assert {pair: each.rank for pair, each in chosen.items()} == {"e": "best", "d": "median", "b": "worst"}
    assert chosen["b"].chosen == "Worst gain of 5 evaluation images, −0.50 dB"


def test_the_median_is_the_lower_middle_and_ties_go_by_name():
    chosen = rank({"d": 1.0, "c": 1.0, "b": 1.0, "a": 1.0}, "images")
    assert {each.rank: pair for pair, each in chosen.items()} == {"worst": "a", "median": "b", "best": "d"}


@pytest.mark.parametrize(
    ("gains", "ranks"), [({}, []), ({"a": 1.0}, ["best"]), ({"a": 1.0, "b": 2.0}, ["worst", "best"])]
)
def test_of_few_images_each_has_one_rank(gains, ranks):
    assert [rank(gains, "images")[pair].rank for pair in sorted(gains)] == ranks
