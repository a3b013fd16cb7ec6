"""The page of a run: one HTML file that needs no network, beside the same facts as JSON."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report import charts, images, judgement, wording
from pipeline.report.facts import RunFacts, Verdict, severity_order
from pipeline.report.images import Example, ExamplePictures, QuarantinedImages

PAGE_NAME = "index.html"
FACTS_NAME = "facts.json"
RUN_NAME = "run.json"

# What a person reads of a long list; facts.json beside the page holds all of it.
QUARANTINE_SHOWN = 40
QUARANTINE_WITH_IMAGES = 12

VERDICT_WORDS: dict[Verdict, str] = {
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
TIMING = Section("timing", "Time per component")
CONFIGURATION = Section("configuration", "Configuration")
LINEAGE = Section("lineage", "Lineage")

_ORDER = (GATE, EXAMPLES, QUALITY, TRAINING, DATA, TIMING, CONFIGURATION, LINEAGE)

# What ended the run comes first.
_FIRST: dict[Verdict, Section] = {"data_refused": DATA, "failed": TIMING}


def sections_of(facts: RunFacts, examples: Sequence[Example]) -> list[Section]:
    """Returns the sections that the run has something to say in, what ended it first."""
    has = {
        GATE: bool(facts.thresholds),
        EXAMPLES: bool(examples),
        QUALITY: bool(facts.slices),
        TRAINING: bool(facts.history and (facts.history.steps or facts.history.validation)),
        DATA: bool(facts.pairs or facts.splits or facts.quarantine or facts.anomalies),
        TIMING: bool(facts.components),
        CONFIGURATION: bool(facts.config_yaml),
        LINEAGE: True,
    }
    first = _FIRST.get(facts.verdict)
    return [section for section in sorted(_ORDER, key=lambda section: section is not first) if has[section]]


def render(facts: RunFacts, examples: Sequence[Example] = (), quarantined: Sequence[QuarantinedImages] = ()) -> str:
    """Draws the page.

    Args:
        facts: The run.
        examples: Evaluation pairs to look at, about two per severity; empty where no model was judged.
        quarantined: The images of quarantined pairs, a few; the first `QUARANTINE_WITH_IMAGES` are shown.

    Returns:
        The whole HTML document.

    Raises:
        ValueError: More examples were passed than a page can hold.
    """
    shown, kept_out = images.encode_all(examples, quarantined[:QUARANTINE_WITH_IMAGES])
    environment = _environment()
    style, script = (Markup(_source(environment, name)) for name in ("page.css", "page.js"))
    return environment.get_template("page.html.j2").render(
        facts=facts,
        word=VERDICT_WORDS[facts.verdict],
        sections=sections_of(facts, examples),
        style=style,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        groups=_by_severity(shown),
        kept_out={pictures.pair_id: pictures for pictures in kept_out},
        quarantine_shown=QUARANTINE_SHOWN,
        **_tables(facts),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(w=wording, judgement=judgement, images=images)
    return environment


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _by_severity(shown: Sequence[ExamplePictures]) -> list[tuple[str, list[ExamplePictures]]]:
    """Groups examples, light first; their order within a severity is the caller's."""
    ordered = sorted(shown, key=lambda pictures: severity_order(pictures.example.severity))
    return [(name, list(group)) for name, group in itertools.groupby(ordered, lambda item: item.example.severity)]


def _tables(facts: RunFacts) -> dict[str, Any]:
    """Returns what the templates would otherwise have to work out."""
    severities = sorted({name for split in facts.splits for name in split.severities}, key=severity_order)
    return {
        "severities": severities,
        "longest": max((part.seconds or 0.0 for part in facts.components), default=0.0) or 1.0,
        "training": charts.training_charts(facts.history),
        "ways": [chart for chart in (judgement.slice_chart(facts.slices, name) for name in ("psnr", "ssim")) if chart],
        "with_production": any(
            gain is not None for part in facts.slices for gain in (part.production_gain_psnr, part.production_gain_ssim)
        ),
    }


def write_page(
    facts: RunFacts,
    examples: Sequence[Example],
    directory: Path,
    quarantined: Sequence[QuarantinedImages] = (),
) -> Path:
    """Writes the page and its facts, each file whole or not at all.

    Args:
        facts: The run.
        examples: Evaluation pairs to look at; may be empty.
        directory: The run's folder; made where it is missing.
        quarantined: The images of quarantined pairs; may be empty.

    Returns:
        The path of the page. Beside it lie `facts.json` (everything) and `run.json` (flat, for a script), the latter
        written last: who waits for it finds the others.
    """
    page = render(facts, examples, quarantined)
    directory.mkdir(parents=True, exist_ok=True)
    _write_whole(directory / PAGE_NAME, page)
    _write_whole(directory / FACTS_NAME, facts.model_dump_json(indent=2) + "\n")
    _write_whole(directory / RUN_NAME, json.dumps(facts.flat(), indent=2, allow_nan=False) + "\n")
    return directory / PAGE_NAME


def _write_whole(path: Path, text: str) -> None:
    """Writes under a temporary name in the same folder, then renames: a reader sees the old file or the new one."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)  # mkstemp's 0600 would hide the page from a web server
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
