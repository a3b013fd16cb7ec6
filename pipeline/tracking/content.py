"""What a run becomes in MLflow: parameters, metrics, tags and files, from the run's folder."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from components.evaluation.slices import Slice
from components.gate.judgement import FILE_NAME as JUDGEMENT
from components.gate.threshold_result import MET, NOT_MET, TOO_FEW, ThresholdResult
from components.production import registry
from components.production.registry import Version
from data.errors import InputError
from data.plain_text import one_line
from pipeline.config_reading.explanation import flat
from pipeline.config_reading.listing import as_text
from pipeline.report.facts.run_facts import RunFacts
from pipeline.run_folder import CARD_NAME, CONFIG_NAME, FACTS_NAME, PAGE_NAME, RUN_NAME
from pipeline.tracking.exchange import (
    CONTENT_TAG,
    PREFIX,
    RUN_ID_TAG,
    STARTED_TAG,
    DatasetContent,
    ModelContent,
    Point,
    RunContent,
)

_COMMIT = re.compile(r"commit ([0-9a-f]{7,64})")
_NOT_IN_NAMES = re.compile(r"[^\w./: -]")
"""What MLflow refuses in the name of a metric or a parameter."""
_VALIDATED = ("psnr", "ssim", "gain_psnr", "gain_ssim")
_LONGEST_VALUE = 6000
_LONGEST_DIGEST = 36
"""Characters that MLflow stores of a parameter's value, and of a data set's digest."""


def content_of(folder: Path, destination: Path) -> tuple[RunContent, str | None]:
    """Returns what is exported of a run, and why its model is not; None where the model is, or it pushed none.

    Args:
        folder: The run's folder.
        destination: The push destination.

    Raises:
        InputError: The run has no facts, or they are damaged.
    """
    facts = _facts(folder)
    version, problem = _pushed(facts, destination)
    started = round(facts.started.timestamp() * 1000)
    artifacts = tuple(str(path) for path in _files(folder, facts))
    model = version and ModelContent(
        folder=str(destination / str(version.number)),
        digest=version.digest,
        version=int(facts.pushed_version or version.number),
        description=facts.sentence,
    )
    content = RunContent(
        run_id=facts.run_id,
        status="FAILED" if facts.verdict == "failed" else "FINISHED",
        started=started,
        ended=started + round(facts.seconds * 1000),
        params=_params(facts),
        metrics=tuple(_metrics(facts)),
        tags=_tags(facts),
        artifacts=artifacts,
        dataset=_dataset(facts),
        model=model,
    )
    return content.model_copy(update={"tags": content.tags | {CONTENT_TAG: _digest(content)}}), problem


def _facts(folder: Path) -> RunFacts:
    try:
        return RunFacts.model_validate_json((folder / FACTS_NAME).read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{folder}: no {FACTS_NAME} in it; `ast-restore report {folder.name}` writes it") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / FACTS_NAME}: cannot be read ({one_line(error)})") from error


def _digest(content: RunContent) -> str:
    """Returns a digest of everything that is exported; of the model, its own digest counts."""
    digest = hashlib.sha256(content.model_dump_json(exclude={"artifacts", "model"}).encode())
    digest.update((content.model.digest if content.model else "").encode())
    for path in map(Path, content.artifacts):
        digest.update(f"\0{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _params(facts: RunFacts) -> dict[str, str]:
    tree = yaml.safe_load(facts.config_yaml) or {}
    return {_name(key): as_text(value)[:_LONGEST_VALUE] for key, value in flat(tree)}


def _tags(facts: RunFacts) -> dict[str, str]:
    tags = {
        RUN_ID_TAG: facts.run_id,
        STARTED_TAG: facts.started.isoformat(),
        f"{PREFIX}verdict": facts.verdict,
        f"{PREFIX}code_version": facts.code_version,
        f"{PREFIX}data_digest": facts.data.digest if facts.data else "",
        f"{PREFIX}model_digest": facts.model.digest if facts.model else "",
        f"{PREFIX}pushed_version": facts.pushed_version or "",
        f"{PREFIX}production_before": facts.production_before,
        "mlflow.note.content": facts.sentence,
        "mlflow.source.name": "ast-restore run",
        "mlflow.source.type": "LOCAL",
    }
    commit = _COMMIT.search(facts.code_version)
    if commit is not None:
        tags["mlflow.source.git.commit"] = commit[1]
    return {name: value for name, value in tags.items() if value}


def _metrics(facts: RunFacts) -> Iterator[Point]:
    values = {**dict(_evaluated(facts)), **dict(_judged(facts)), **_figures(facts)}
    yield from (Point(key=_name(key), value=value) for key, value in values.items() if value is not None)
    history = facts.history
    if history is None:
        return
    for row in history.steps:
        yield from _points("train", row.step, {"loss": row.loss, "learning_rate": row.learning_rate})
    for point in history.validation:
        yield from _points("validation", point.step, {name: getattr(point, name) for name in _VALIDATED})


def _points(group: str, step: int, values: dict[str, float | None]) -> Iterator[Point]:
    for name, value in values.items():
        if value is not None:
            yield Point(key=f"{group}/{name}", value=value, step=step)


def _figures(facts: RunFacts) -> dict[str, float | None]:
    history = facts.history
    return {
        "run/seconds": facts.seconds,
        "data/pairs": facts.pairs,
        "data/quarantined": facts.quarantined,
        **{f"data/{split.name} pairs": split.pairs for split in facts.splits},
        "train/seconds": history.seconds if history else None,
        "train/skipped_steps": history.skipped_steps if history else None,
        "train/best_step": history.best.step if history and history.best else None,
        "model/parameters": facts.model.parameters if facts.model else None,
    }


def _evaluated(facts: RunFacts) -> Iterator[tuple[str, float | None]]:
    """Yields the evaluation's figures: `evaluation/` over all images, `evaluation FEATURE VALUE/` over a slice."""
    for part in facts.slices:
        group = _group(part.name)
        yield f"{group}/pairs", part.pairs
        for name in _VALIDATED:
            yield f"{group}/{name}", getattr(part, name)
            yield f"{group}/input_{name}", getattr(part, f"input_{name}", None)
            yield f"{group}/production_{name}", getattr(part, f"production_{name}", None)
    for metric in facts.metrics:
        group = _group(metric.slice)
        yield f"{group}/{metric.name}", metric.value
        if metric.slice.is_overall:  # with those of every slice, MLflow's page would have hundreds of charts
            yield f"{group}/{metric.name} low", metric.low
            yield f"{group}/{metric.name} high", metric.high


def _group(part: Slice) -> str:
    return "evaluation" if part.is_overall else f"evaluation {part.feature} {part.value}"


def _judged(facts: RunFacts) -> Iterator[tuple[str, float | None]]:
    """Yields the gate's figures: how many thresholds had which verdict, and each with the number that it judged."""
    if not facts.thresholds:
        return
    verdicts = [result.verdict for result in facts.thresholds]
    for name, verdict in (("met", MET), ("not_met", NOT_MET), ("with_too_few_images", TOO_FEW)):
        yield f"gate/thresholds_{name}", verdicts.count(verdict)
    for result in facts.thresholds:
        name = _threshold_name(result)
        yield f"gate/{name}", result.judged_value
        yield f"gate/{name} threshold", result.threshold


def _threshold_name(result: ThresholdResult) -> str:
    part = "" if result.slice.is_overall else f" {result.slice.feature} {result.slice.value}"
    judged = "" if result.judged == "mean" else f" {result.judged}"
    return f"{result.name}{judged}{part}"


def _name(text: str) -> str:
    return _NOT_IN_NAMES.sub("_", text)[:250]


def _files(folder: Path, facts: RunFacts) -> Iterator[Path]:
    """Yields the files of a run that are there: the judgement lies with TFX's artifacts, which may have been cleaned."""
    judgements = [
        Path(artifact.uri) / JUDGEMENT
        for step in facts.steps
        for artifact in step.artifacts
        if artifact.component == "Gate"
    ]
    named = [folder / name for name in (PAGE_NAME, FACTS_NAME, RUN_NAME, CONFIG_NAME, CARD_NAME)]
    yield from (path for path in (*named, *judgements) if path.is_file())


def _dataset(facts: RunFacts) -> DatasetContent | None:
    data = facts.data
    if data is None or not data.digest:
        return None
    profile = {"pairs": facts.pairs, "quarantined": facts.quarantined, "span": data.span, "sha256": data.digest}
    return DatasetContent(
        name=data.source or "pairs",
        digest=data.digest[:_LONGEST_DIGEST],
        source=json.dumps({"path": data.path}),
        profile=json.dumps(profile),
    )


def _pushed(facts: RunFacts, destination: Path) -> tuple[Version | None, str | None]:
    """Returns the version that a run pushed, or another with its content; or else why there is none."""
    if facts.pushed_version is None:
        return None, None
    known = {version.number: version for version in registry.versions(destination)}
    wanted = known.get(int(facts.pushed_version))
    digest = wanted.digest if wanted else facts.model.digest if facts.model else ""
    # A version that was removed may be back by a rollback; the number differs then, and the content does not.
    same = [version for version in known.values() if version.digest == digest]
    if not same:
        return None, f"version {facts.pushed_version} is not in {destination} any more, so its model is not registered"
    found = wanted or same[-1]
    if registry.model_digest(destination / str(found.number)) != found.digest:
        return None, f"version {found.number} in {destination} was changed since its push, so it is not registered"
    return found, None
