"""Histograms of the measurements of pairs."""

from components.pair_validator.settings import PairThresholds
from pipeline.report.collect.distributions import histograms_of
from tests.pipeline.report.pair_verdicts import verdicts


def test_histograms_hold_every_pair_and_the_threshold_in_force():
    histograms = {histogram.name: histogram for histogram in histograms_of(verdicts(), PairThresholds(max_shift=0.7))}
    shift = histograms["Shift"]
    assert (shift.threshold, shift.unit) == (0.7, "px")
    assert sum(shift.counts["passed"]) == 1
    assert sum(shift.counts["quarantined"]) == 7
    assert shift.edges[-1] < 30, "one pair that is far off must not squeeze the others"
    assert "beyond the axis" in shift.caption
    assert histograms["PSNR of the input"].threshold is None
