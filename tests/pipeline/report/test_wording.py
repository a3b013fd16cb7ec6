import pytest

from pipeline.report import wording
from tests.pipeline.report import samples


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "–"), (0.42, "0.4 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (372, "6 min 12 s")]
    + [(3599.6, "1 h 00 min"), (3780, "1 h 03 min")],
)
def test_duration(seconds, said):
    assert wording.duration(seconds) == said


@pytest.mark.parametrize(
    ("value", "decimals", "said"),
    [(3.917, 2, "+3.92"), (-0.031, 3, "−0.031"), (0.0, 2, "0.00"), (-0.001, 2, "0.00"), (0.001, 2, "0.00")]
    + [(None, 2, "–")],
)
def test_signed(value, decimals, said):
    assert wording.signed(value, decimals) == said


def test_numbers_that_differ_read_differently():
    both = wording.value_and_threshold(samples.threshold(value=0.9996, threshold=1.0, verdict="not met"))
    assert both == ("0.9996", "1.0000")
    assert wording.value_and_threshold(samples.threshold(value=1.0, threshold=1.0)) == ("1.00", "1.00")


def test_threshold_in_words():
    result = samples.threshold(value=None, threshold=10.0, unit="%", direction="at_most", verdict="not met")
    assert wording.measured(result) == "not measured"
    assert wording.condition(result) == "at most 10.0 %"
    assert wording.measured(samples.threshold(value=0.85, unit="")) == "0.850"


def test_the_parent_of_a_model_in_words():
    assert wording.parent_model(None) == "random weights"
    assert wording.parent_model("starter") == "the starter weights for rain"
    assert wording.parent_model("starter:haze") == "the starter weights for haze"
    assert wording.parent_model("1763838847") == "version 1763838847"
    assert wording.parent_model("/models/ast_b.pth") == "/models/ast_b.pth"


def test_a_bound_that_only_a_clearly_lower_value_misses_is_not_called_a_least_value():
    result = samples.threshold(threshold=-0.05, low=-0.3, high=0.1, judged="high")
    assert wording.condition(result) == "not clearly below −0.05 dB"
    assert wording.condition(samples.threshold(judged="low")) == "lower bound at least 1.00 dB"


def test_the_count_of_met_thresholds_tells_the_gates_from_those_of_serving():
    gate = [samples.threshold(), samples.threshold(verdict="too few images")]
    assert wording.met_of(samples.facts(thresholds=gate)) == "1 of 2 thresholds met"
    serving = samples.threshold(name=wording.SERVING_TIME, unit="s/MP")
    assert (
        wording.met_of(samples.facts(thresholds=[*gate, serving]))
        == "2 of 3 thresholds met (gate 1 of 2, serving 1 of 1)"
    )


def test_names_of_metrics_in_words():
    assert wording.metric("gain_psnr") == "PSNR gain over the input"
    assert wording.metric("share made worse") == "share made worse"


def test_a_headline_is_one_short_line():
    assert wording.headline("Pushed.") == "Pushed."
    assert wording.headline("It failed:\nTraceback") == "It failed: …"
    long = wording.headline("word " * 200)
    assert len(long) <= wording.HEADLINE + 2
    assert long.endswith("word …")


@pytest.mark.parametrize(("value", "said"), [(0.0, "0"), (0.000401, "4.01×10⁻⁴"), (2.0, "2.00×10⁰")])
def test_scientific(value, said):
    assert wording.scientific(value) == said


def test_a_quantity_in_words_is_not_formatted():
    assert wording.quantity("480 x 320", "px") == "480 x 320 px"
    assert wording.quantity(1234567, "pairs") == "1\u202f234\u202f567 pairs"
