"""The report of pair checks in a browser."""

import numpy as np
import pytest

from components.pair_validator.judging.verdicts import VerdictCounts
from pipeline.benchmarks.project.screenshot import find_browser
from pipeline.report.collect.distributions import histograms_of
from pipeline.report.pairs.page import PairToShow, render
from pipeline.report.pairs.pictures import pictures_of
from tests.pipeline.report import chromium
from tests.pipeline.report.pair_verdicts import RAINY, TARGET, THRESHOLDS, verdicts


@pytest.mark.skipif(find_browser() is None, reason="no Chromium on this machine")
def test_the_report_fits_the_window_and_blinks(tmp_path):
    shown = [PairToShow(verdicts()[2], pictures_of(np.roll(RAINY, 2, 1), TARGET)), PairToShow(verdicts()[3], None)]
    counts = VerdictCounts(8, [("moved-2", ("misaligned",))])
    page = render("set", counts, histograms_of(verdicts(), THRESHOLDS), {"misaligned": shown}, shown[:1], THRESHOLDS)
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
