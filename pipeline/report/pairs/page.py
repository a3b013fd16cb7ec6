"""The report of pair checks as HTML: one file that loads nothing from the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.pair_validator.judging.advice import Advice
from components.pair_validator.judging.reasons import MEANINGS
from components.pair_validator.judging.verdicts import PairVerdict, VerdictCounts
from components.pair_validator.settings import PairThresholds, unit_of
from pipeline.report.facts.data_facts import Histogram
from pipeline.report.html import page_environment, style_and_script
from pipeline.report.page import difference_maps
from pipeline.report.page.histograms import histogram_chart
from pipeline.report.pairs.pictures import PairPictures

MAX_LISTED = 200
"""Quarantined pairs that the report lists; `ast-restore data check --json FILE` writes all of them."""


OPTION = "--threshold "
"""Stands before the name of a threshold on the command line of `ast-restore data check`."""


def picture_link(page: Path, code: str) -> str:
    """Returns the address of the part of a report that shows pairs of a reason.

    Args:
        page: Path of the report.
        code: Code of the reason.
    """
    return f"{page.absolute().as_uri()}#{code}"


@dataclass(frozen=True, slots=True)
class PairToShow:
    """The verdict on a pair and its pictures; None where an image does not decode."""

    verdict: PairVerdict
    pictures: PairPictures | None


def render(
    name: str,
    counts: VerdictCounts,
    histograms: Sequence[Histogram],
    worst: Mapping[str, Sequence[PairToShow]],
    close_calls: Sequence[PairToShow],
    thresholds: PairThresholds,
    advice: Sequence[Advice] = (),
) -> str:
    """Returns the report as a whole HTML document.

    Args:
        name: Name of the data set.
        counts: Number of pairs, and the quarantined ones.
        histograms: Histograms of the measurements.
        worst: Quarantined pairs to show, by code, the worst first.
        close_calls: Passed pairs to show, the nearest to a threshold first.
        thresholds: The thresholds behind the verdicts.
        advice: The most frequent reasons, and what to do if these pairs are right.
    """
    environment = page_environment(__package__)
    charts = [chart for chart in map(histogram_chart, histograms) if chart is not None]
    return environment.get_template("pairs.html.j2").render(
        name=name,
        counts=counts,
        by_code=counts.by_code().most_common(),
        meanings=MEANINGS,
        charts=charts,
        worst=sorted(worst.items(), key=lambda entry: list(MEANINGS).index(entry[0])),
        close_calls=close_calls,
        max_listed=MAX_LISTED,
        advice={each.code: each for each in advice},
        option=OPTION,
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
