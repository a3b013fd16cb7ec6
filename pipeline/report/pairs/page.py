"""The page of a check: one HTML file that needs no network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from components.pair_validator.judging.reasons import MEANINGS
from components.pair_validator.judging.verdicts import PairVerdict, Tally
from components.pair_validator.settings import PairThresholds, unit_of
from pipeline.report.facts.data_facts import Histogram
from pipeline.report.page import images, wording
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
    tally: Tally,
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
    environment = _environment()
    style, script = (Markup(_source(environment, file)) for file in ("page.css", "pairs.js"))
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
        style=style + Markup(_source(environment, "pairs.css")),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _rows(thresholds: PairThresholds) -> list[tuple[str, str, str]]:
    """Returns name, value with unit, and reason of each threshold."""
    rows = []
    for name, field in PairThresholds.model_fields.items():
        reason = (field.description or "").partition("] ")[2]
        rows.append((name, f"{getattr(thresholds, name):g} {unit_of(name)}", reason))
    return rows


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("pipeline.report.pairs"), PackageLoader("pipeline.report.page")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(w=wording, images=images)
    return environment


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]
