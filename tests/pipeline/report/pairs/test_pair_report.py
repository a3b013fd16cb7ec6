"""What the report shows: which values, which pairs, which pictures; and how it looks in a browser."""

import numpy as np
import pytest

from components.pair_validator.judging.judge import judge_pair
from components.pair_validator.judging.verdicts import OK, QUARANTINED, PairVerdict, VerdictCounts
from components.pair_validator.measuring.measure import measure
from components.pair_validator.settings import PairThresholds
from pipeline.benchmarks.screenshot import find_browser
from pipeline.report.collect.distributions import histograms_of
from pipeline.report.pairs.page import PairToShow, render
from pipeline.report.pairs.pictures import DETAIL, overlay, pictures_of
from pipeline.report.pairs.worst import CLOSE_CALLS, PER_REASON, WorstPairs
from tests.components.pair_validator.drawing import encode, rain, scene
from tests.pipeline.report import chromium

TARGET = scene(5, 160, 200)
RAINY = rain(TARGET, 6, 200)
THRESHOLDS = PairThresholds()


def _verdict(name, degraded=RAINY, target=TARGET):
    measurement = measure(name, encode(degraded), encode(target))
    reasons = tuple(judge_pair(measurement, THRESHOLDS))
    word = QUARANTINED if reasons else OK
    return PairVerdict(name, name, name, word, reasons, measurement.to_json(), "", "", "")


@pytest.fixture(scope="module")
def verdicts():
    moved = [_verdict(f"moved-{pixels}", np.roll(RAINY, pixels, 1)) for pixels in (1, 2, 3, 4, 5, 30)]
    return [_verdict("good"), *moved, _verdict("swapped", TARGET, RAINY)]


def test_histograms_hold_every_pair_and_the_threshold_in_force(verdicts):
    histograms = {histogram.name: histogram for histogram in histograms_of(verdicts, PairThresholds(max_shift=0.7))}
    shift = histograms["Shift"]
    assert (shift.threshold, shift.unit) == (0.7, "px")
    assert sum(shift.counts["passed"]) == 1
    assert sum(shift.counts["quarantined"]) == 7
    assert shift.edges[-1] < 30, "one pair that is far off must not squeeze the others"
    assert "beyond the axis" in shift.caption
    assert histograms["PSNR of the input"].threshold is None


def test_the_worst_of_each_reason_are_shown_and_the_closest_that_passed(verdicts):
    worst = WorstPairs(THRESHOLDS)
    for verdict in verdicts:
        worst.add(verdict)
    shown = {code: [verdict.pair_id for verdict in found] for code, found in worst.by_reason().items()}
    assert shown == {"misaligned": ["moved-30", "moved-5", "moved-4", "moved-3"], "swapped": ["swapped"]}
    assert len(shown["misaligned"]) == PER_REASON
    assert [verdict.pair_id for verdict in worst.close_calls()] == ["good"][:CLOSE_CALLS]


def test_an_overlay_is_gray_where_both_agree():
    same = overlay(TARGET, TARGET)
    assert (same[..., 0] == same[..., 1]).all()
    moved = overlay(np.roll(TARGET, 2, 1), TARGET).astype(int)
    assert (np.abs(moved[..., 0] - moved[..., 1]) > 5).mean() > 0.1


@pytest.mark.parametrize("size", [(160, 200), (40, 50), (400, 150)])
def test_details_are_of_one_place_whatever_the_sizes(size):
    pictures = pictures_of(np.resize(RAINY, (*size, 3)), TARGET)
    assert (pictures.height, pictures.width) == (DETAIL[0], min(DETAIL[1], max(size[1], 200)))
    assert pictures.overlay.startswith("data:image/jpeg;base64,")


@pytest.mark.skipif(find_browser() is None, reason="no Chromium on this machine")
def test_the_page_stands_in_a_browser_and_blinks(verdicts, tmp_path):
    shown = [PairToShow(verdicts[2], pictures_of(np.roll(RAINY, 2, 1), TARGET)), PairToShow(verdicts[3], None)]
    counts = VerdictCounts(8, [("moved-2", ("misaligned",))])
    page = render("set", counts, histograms_of(verdicts, THRESHOLDS), {"misaligned": shown}, shown[:1], THRESHOLDS)
    (tmp_path / "index.html").write_text(page)
    with chromium.browser(find_browser(), tmp_path / "profile") as browser:
        for width in (390, 1400):
            browser.open(tmp_path / "index.html", width, dark=width == 390)
            assert browser.run("document.documentElement.scrollWidth") <= width
        assert browser.run("document.querySelector('.which').textContent") == "input"
        browser.run("document.querySelector('.blinker').click()")
        assert browser.run("document.querySelector('.which').textContent") == "target"
        browser.run("document.querySelector('.blink button').click()")
        assert browser.run("document.querySelector('.blink button').getAttribute('aria-pressed')") == "true"
        assert not browser.problems
