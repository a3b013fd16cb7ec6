"""Which real pairs the starter is measured on."""

from pipeline.benchmarks.starter.measure import chosen_on, reported
from pipeline.benchmarks.support.pair_sets import PairSet, TruePair


def _names(name, *pairs):
    chosen = reported(PairSet(name, tuple(TruePair(pair, lambda: None) for pair in pairs)))
    return [pair.name for pair in chosen.pairs]


def test_images_on_which_ranges_were_chosen_are_left_out():
    assert _names("Rain100L", "input_10", "input_11") == ["input_11"]
    assert _names("Rain1400_xmu", "synthetic_2rain", "synthetic_3rain") == ["synthetic_3rain"]
    assert _names("Rain800", "rain_test_syn_10", "rain_training_10", "rain_training_9") == [
        "rain_test_syn_10",
        "rain_training_9",
    ]


def test_a_set_on_which_nothing_was_chosen_is_whole():
    assert _names("SOTS_indoor", "hazy_1400_4") == ["hazy_1400_4"]


def test_something_may_be_chosen_on_the_others():
    pairs = PairSet("Rain100L", tuple(TruePair(f"input_{number}", lambda: None) for number in range(6)))
    assert {pair.name for pair in chosen_on(pairs).pairs} == {"input_0", "input_2", "input_4"}
    assert not chosen_on(PairSet("SOTS_indoor", pairs.pairs)).pairs
