"""The page of a check: one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.pair_validator.judging.reasons import MEANINGS
from components.pair_validator.judging.verdicts import PairVerdict, VerdictCounts
from components.pair_validator.settings import PairThresholds, unit_of
from pipeline.report import page
from pipeline.report.facts.data_facts import Histogram
from pipeline.report.html import page_environment, style_and_script
from pipeline.report.page import difference_maps
from pipeline.report.page.histograms import histogram_chart
from pipeline.report.pairs.pictures import PairPictures

# Quarantined pairs that are listed; the verdicts' file has all of them.
LISTED = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair to look at, and its pictures where both images could be decoded."""

    verdict: PairVerdict
    pictures: PairPictures | None


def render(
    name: str,
    tally: VerdictCounts,
    histograms: Sequence[Histogram],
    worst: Mapping[str, Sequence[Shown]],
    nearly: Sequence[Shown],
    thresholds: PairThresholds,
) -> str:
    """Draws the page.

    Args:
        name: Of the data set.
        tally: How many pairs there were, and which are quarantined.
        histograms: Of the measurements.
        worst: Pairs to look at by code, the worst first.
        nearly: Pairs that passed, the nearest to a threshold first.
        thresholds: Those that the verdicts were made by.

    Returns:
        The whole HTML document.
    """
    environment = page_environment(__package__, page.__name__)
    charts = [chart for chart in map(histogram_chart, histograms) if chart is not None]
    counts = tally.by_code().most_common()
    return environment.get_template("pairs.html.j2").render(
        name=name,
        tally=tally,
        counts=counts,
        meanings=MEANINGS,
        charts=charts,
        worst=sorted(worst.items(), key=lambda entry: list(MEANINGS).index(entry[0])),
        nearly=nearly,
        listed=LISTED,
        thresholds=_rows(thresholds),
        difference_maps=difference_maps,
        **style_and_script(environment, ("page.css", "pairs.css"), "pairs.js"),
    )


def _rows(thresholds: PairThresholds) -> list[tuple[str, str, str]]:
    """Returns name, value with unit, and reason of each threshold."""
    rows = []
    for name, field in PairThresholds.model_fields.items():
        reason = (field.description or "").partition("] ")[2]
        rows.append((name, f"{getattr(thresholds, name):g} {unit_of(name)}", reason))
    return rows
