"""The run report as HTML: one file that loads nothing from the network."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass

from components.pair_validator.judging.reasons import MEANINGS
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.facts.run_summary import RunVerdict
from pipeline.report.facts.slice_metrics import severity_order
from pipeline.report.html import page_environment, style_and_script
from pipeline.report.page import charts, difference_maps, gain_charts, histograms, metrics_table, rulers
from pipeline.report.page.model_card import card_html
from pipeline.report.page.pictures import ExamplePictures, Pictures
from pipeline.report.wording import VERDICT_WORDS

MAX_QUARANTINED_LISTED = 40
"""Quarantined pairs that the report lists; `facts.json` beside it holds all of them."""


@dataclass(frozen=True)
class Section:
    """A section of the report.

    Attributes:
        anchor: Its id in the page, and the name of its template.
        title: Its heading.
    """

    anchor: str
    title: str

    @property
    def template(self) -> str:
        """The template's file name."""
        return f"{self.anchor}.html.j2"


EXAMPLES = Section("examples", "Before and after")
GATE = Section("gate", "The gate")
QUALITY = Section("quality", "Quality by slice")
TRAINING = Section("training", "Training")
DATA = Section("data", "Data")
TIMING = Section("timing", "Time and memory")
CONFIGURATION = Section("configuration", "Configuration")
LINEAGE = Section("lineage", "From data to push")
CARD = Section("card", "Model card")
LOG = Section("log", "The log’s last lines")

_ORDER = (EXAMPLES, GATE, QUALITY, TRAINING, DATA, LINEAGE, TIMING, CARD, CONFIGURATION, LOG)

# A run that ended early opens with the section that says why.
_FIRST: dict[RunVerdict, tuple[Section, ...]] = {
    "data_refused": (DATA,),
    "data_accepted": (DATA,),
    "failed": (LOG, TIMING),
}

RANKED = "Best, median and worst"
_RANKS = ("best", "median", "worst")
NO_PICTURES = Pictures()


def sections_of(facts: RunFacts, pictures: Pictures) -> list[Section]:
    """Returns the sections that have content, in the order of the page."""
    has_content = {
        EXAMPLES: bool(pictures.examples),
        GATE: bool(facts.thresholds),
        QUALITY: bool(facts.slices),
        TRAINING: bool(facts.history and (facts.history.steps or facts.history.validation)),
        DATA: bool(facts.pairs or facts.splits or facts.quarantine or facts.anomalies),
        TIMING: bool(facts.components),
        CONFIGURATION: bool(facts.config_yaml),
        LINEAGE: True,
        CARD: facts.overall is not None,
        LOG: facts.log is not None and bool(facts.log.lines),
    }
    first = _FIRST.get(facts.verdict, ())
    ordered = [*first, *(section for section in _ORDER if section not in first)]
    return [section for section in ordered if has_content[section]]


def render(facts: RunFacts, pictures: Pictures = NO_PICTURES) -> str:
    """Returns the run report as a whole HTML document.

    Args:
        facts: The run.
        pictures: Evaluation pairs and quarantined pairs to show; may be empty.
    """
    environment = page_environment(__package__)
    return environment.get_template("page.html.j2").render(
        facts=facts,
        verdict=facts.verdict,
        word=VERDICT_WORDS[facts.verdict],
        sections=sections_of(facts, pictures),
        groups=_groups(pictures),
        quarantined_pictures={pair.pair_id: pair for pair in pictures.quarantined},
        max_quarantined_listed=MAX_QUARANTINED_LISTED,
        meanings=MEANINGS,
        card=card_html(facts),
        RANKED=RANKED,
        rulers=rulers,
        difference_maps=difference_maps,
        **style_and_script(environment, ("page.css",), "page.js"),
        **_tables(facts),
        **_drawings(facts),
    )


def _groups(pictures: Pictures) -> list[tuple[str, list[ExamplePictures]]]:
    """Groups examples: best, median and worst first, then by severity, light first."""
    ranked = sorted((shown for shown in pictures.examples if shown.rank), key=lambda shown: _RANKS.index(shown.rank))
    others = sorted(
        (shown for shown in pictures.examples if not shown.rank), key=lambda shown: severity_order(shown.severity)
    )
    groups = [(name, list(group)) for name, group in itertools.groupby(others, lambda shown: shown.severity)]
    return [(RANKED, ranked), *groups] if ranked else groups


def _tables(facts: RunFacts) -> dict[str, object]:
    """Returns the values of the tables that the facts do not hold as such."""
    return {
        "severities": sorted({name for split in facts.splits for name in split.severities}, key=severity_order),
        "longest": max((part.seconds or 0.0 for part in facts.components), default=0.0) or 1.0,
        "largest": max((part.memory or 0 for part in facts.components), default=0) or 1,
        "reasons": _reasons(facts),
        "every_metric": metrics_table.by_slice(facts.metrics),
        "intervals": metrics_table.intervals(facts.metrics),
        "with_production": any(
            gain is not None for part in facts.slices for gain in (part.production_gain_psnr, part.production_gain_ssim)
        ),
    }


def _drawings(facts: RunFacts) -> dict[str, object]:
    """Returns the charts; what the run has no values for is None or missing from its list."""
    slices = (gain_charts.slice_chart(facts.slices, measure) for measure in ("psnr", "ssim"))
    distributions = map(histograms.histogram_chart, facts.histograms)
    return {
        "gains": gain_charts.gains_chart(facts.images),
        "slice_charts": [chart for chart in slices if chart is not None],
        "training": charts.training_charts(facts.history),
        "distributions": [chart for chart in distributions if chart is not None],
    }


def _reasons(facts: RunFacts) -> list[tuple[str, int]]:
    """Counts the quarantined pairs by reason, the most frequent first; a pair counts for each of its reasons."""
    codes = Counter(code for pair in facts.quarantine for code in {reason.code for reason in pair.reasons})
    return sorted(codes.items(), key=lambda item: (-item[1], item[0]))
