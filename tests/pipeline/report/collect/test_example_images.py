import pytest

from pipeline.report.collect.example_images import rank


def test_best_median_and_worst_go_by_gain():
    chosen = rank({"a": 3.0, "b": -0.5, "c": 1.0, "d": 2.0, "e": 9.0}, "evaluation images")
    assert {pair: each.rank for pair, each in chosen.items()} == {"e": "best", "d": "median", "b": "worst"}
    assert chosen["b"].chosen == "Worst gain of 5 evaluation images, −0.50 dB"


def test_the_lower_of_two_in_the_middle_is_the_median_and_equals_go_by_name():
    chosen = rank({"d": 1.0, "c": 1.0, "b": 1.0, "a": 1.0}, "images")
    assert {each.rank: pair for pair, each in chosen.items()} == {"worst": "a", "median": "b", "best": "d"}


@pytest.mark.parametrize(
    ("gains", "ranks"), [({}, []), ({"a": 1.0}, ["best"]), ({"a": 1.0, "b": 2.0}, ["worst", "best"])]
)
def test_of_few_images_none_is_named_twice(gains, ranks):
    assert [rank(gains, "images")[pair].rank for pair in sorted(gains)] == ranks
