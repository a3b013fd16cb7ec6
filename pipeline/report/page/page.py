"""The page of a run: one HTML file that needs no network, beside the same facts as JSON."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pydantic import ValidationError

from data.errors import InputError
from data.files import write_whole
from data.strict_model import StrictModel
from pipeline.report.facts.facts import RunFacts, RunVerdict, severity_order
from pipeline.report.page import charts, gate_charts, histograms, images, metrics_table, wording
from pipeline.report.page.images import Example, QuarantinedImages
from pipeline.report.page.model_card import card_html, model_card
from pipeline.report.page.pictures import ExamplePictures, Pictures, encode_all
from pipeline.report.page.run_folder import CARD_NAME, FACTS_NAME, PAGE_NAME, PICTURES_NAME, RUN_NAME

# What a person reads of a long list; facts.json beside the page holds all of it.
QUARANTINE_SHOWN = 40
QUARANTINE_WITH_IMAGES = 12

VERDICT_WORDS: dict[RunVerdict, str] = {
    "pushed": "Pushed",
    "refused": "Model refused",
    "unchanged": "Unchanged",
    "data_refused": "Data refused",
    "failed": "Failed",
}


@dataclass(frozen=True)
class Section:
    """A part of the page: its anchor, its heading, and the template of the same name as the anchor."""

    anchor: str
    title: str

    @property
    def template(self) -> str:
        """The template's file name."""
        return f"{self.anchor}.html.j2"


GATE = Section("gate", "The gate")
EXAMPLES = Section("examples", "Before and after")
QUALITY = Section("quality", "Quality by slice")
TRAINING = Section("training", "Training")
DATA = Section("data", "Data")
TIMING = Section("timing", "Time and memory")
CONFIGURATION = Section("configuration", "Configuration")
LINEAGE = Section("lineage", "From data to push")
CARD = Section("card", "Model card")
LOG = Section("log", "The log’s last lines")

_ORDER = (GATE, EXAMPLES, QUALITY, TRAINING, DATA, LINEAGE, TIMING, CARD, CONFIGURATION, LOG)

# What ended the run comes first.
_FIRST: dict[RunVerdict, tuple[Section, ...]] = {"data_refused": (DATA,), "failed": (LOG, TIMING)}

RANKED = "Best, median and worst"
_RANKS = ("best", "median", "worst")
NO_PICTURES = Pictures()

Kept = TypeVar("Kept", bound=StrictModel)


def sections_of(facts: RunFacts, pictures: Pictures) -> list[Section]:
    """Returns the sections that the run has something to say in, what ended it first."""
    has = {
        GATE: bool(facts.thresholds),
        EXAMPLES: bool(pictures.examples),
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
    return [section for section in ordered if has[section]]


def render(facts: RunFacts, pictures: Pictures = NO_PICTURES) -> str:
    """Draws the page.

    Args:
        facts: The run.
        pictures: Evaluation pairs to look at, and quarantined ones; empty where there are none.

    Returns:
        The whole HTML document.
    """
    environment = _environment()
    style, script = (Markup(_source(environment, name)) for name in ("page.css", "page.js"))
    return environment.get_template("page.html.j2").render(
        facts=facts,
        word=VERDICT_WORDS[facts.verdict],
        sections=sections_of(facts, pictures),
        style=style,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        groups=_groups(pictures),
        kept_out={pair.pair_id: pair for pair in pictures.quarantined},
        quarantine_shown=QUARANTINE_SHOWN,
        card=card_html(facts),
        **_tables(facts),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(w=wording, judgement=gate_charts, images=images)
    return environment


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _groups(pictures: Pictures) -> list[tuple[str, list[ExamplePictures]]]:
    """Groups examples: best, median and worst first, then by severity, light first."""
    ranked = sorted((shown for shown in pictures.examples if shown.rank), key=lambda shown: _RANKS.index(shown.rank))
    others = sorted(
        (shown for shown in pictures.examples if not shown.rank), key=lambda shown: severity_order(shown.severity)
    )
    groups = [(name, list(group)) for name, group in itertools.groupby(others, lambda shown: shown.severity)]
    return [(RANKED, ranked), *groups] if ranked else groups


def _tables(facts: RunFacts) -> dict[str, Any]:
    """Returns what the templates would otherwise have to work out."""
    severities = sorted({name for split in facts.splits for name in split.severities}, key=severity_order)
    return {
        "severities": severities,
        "longest": max((part.seconds or 0.0 for part in facts.components), default=0.0) or 1.0,
        "largest": max((part.memory or 0 for part in facts.components), default=0) or 1,
        "reasons": _reasons(facts),
        "distributions": [chart for chart in map(histograms.histogram_chart, facts.histograms) if chart],
        "gains": gate_charts.gains_chart(facts.images),
        "every_metric": metrics_table.by_slice(facts.metrics),
        "intervals": metrics_table.intervals(facts.metrics),
        "training": charts.training_charts(facts.history),
        "ways": [
            chart for chart in (gate_charts.slice_chart(facts.slices, name) for name in ("psnr", "ssim")) if chart
        ],
        "with_production": any(
            gain is not None for part in facts.slices for gain in (part.production_gain_psnr, part.production_gain_ssim)
        ),
    }


def _reasons(facts: RunFacts) -> list[tuple[str, int]]:
    """Counts the quarantined pairs by reason, the most frequent first; a pair counts for each of its reasons."""
    codes = Counter(code for pair in facts.quarantine for code in {reason.code for reason in pair.reasons})
    return sorted(codes.items(), key=lambda item: (-item[1], item[0]))


def write_page(
    facts: RunFacts,
    examples: Sequence[Example],
    directory: Path,
    quarantined: Sequence[QuarantinedImages] = (),
) -> Path:
    """Writes the page, what it was made from, and the model card, each file whole or not at all.

    Args:
        facts: The run.
        examples: Evaluation pairs to look at; may be empty.
        directory: The run's folder; made where it is missing.
        quarantined: The images of quarantined pairs; may be empty.

    Returns:
        The path of the page. Beside it lie `facts.json` (everything), `pictures.json`, `model_card.md` where a model was
        judged, and `run.json` (flat, for a script), the latter written last: who waits for it finds the others.
    """
    pictures = encode_all(examples, quarantined[:QUARANTINE_WITH_IMAGES])
    # As it will be read again: a page that is rebuilt is then the same to the last byte.
    facts = RunFacts.model_validate_json(facts.model_dump_json())
    page, card = render(facts, pictures), model_card(facts)
    directory.mkdir(parents=True, exist_ok=True)
    write_whole(directory / PICTURES_NAME, pictures.model_dump_json() + "\n")
    write_whole(directory / FACTS_NAME, facts.model_dump_json(indent=2) + "\n")
    return _write(directory, page, card, facts)


def rebuild(directory: Path) -> Path:
    """Makes the page again from the facts and pictures of a run's folder, and with it what follows from them.

    Args:
        directory: The run's folder.

    Returns:
        The path of the page.

    Raises:
        InputError: Facts or pictures are missing or damaged, or of another version.
    """
    facts = _read(directory / FACTS_NAME, RunFacts)
    pictures = _read(directory / PICTURES_NAME, Pictures)
    return _write(directory, render(facts, pictures), model_card(facts), facts)


def _read(path: Path, kind: type[Kept]) -> Kept:
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(f"{path}: damaged, or of another version ({where}: {first['msg']})") from error


def _write(directory: Path, page: str, card: str | None, facts: RunFacts) -> Path:
    write_whole(directory / PAGE_NAME, page)
    if card is not None:
        write_whole(directory / CARD_NAME, card)
    write_whole(directory / RUN_NAME, json.dumps(facts.flat(), indent=2, allow_nan=False) + "\n")
    return directory / PAGE_NAME
