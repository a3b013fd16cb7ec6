import pydantic
import pytest

from pipeline.report.facts.data_facts import Histogram
from pipeline.report.page.histograms import histogram_chart


def histogram(**changes):
    return Histogram(**{"name": "Shift", "unit": "px", "edges": (0, 1, 2, 4), "counts": {"all": (5, 0, 2)}} | changes)


def test_each_bin_with_pairs_has_a_bar_and_the_threshold_a_line():
    drawn = histogram_chart(histogram(threshold=1.5))
    assert drawn.drawing.count("rain-bar") == 2
    assert "threshold" in drawn.drawing
    assert drawn.caption == "7 pairs."
    assert "threshold" not in histogram_chart(histogram()).drawing


def test_several_series_have_a_legend():
    drawn = histogram_chart(histogram(counts={"this span": (5, 0, 2), "span 1": (1, 2, 3)})).drawing
    assert "this span" in drawn
    assert drawn.count("outline-1") == 2


def test_a_histogram_without_pairs_is_not_drawn():
    assert histogram_chart(histogram(counts={"all": (0, 0, 0)})) is None


@pytest.mark.parametrize("bad", [{"counts": {"all": (1, 2)}}, {"edges": (0, 2, 1, 3)}])
def test_bins_that_do_not_fit_are_refused(bad):
    with pytest.raises(pydantic.ValidationError, match="histogram Shift"):
        histogram(**bad)
