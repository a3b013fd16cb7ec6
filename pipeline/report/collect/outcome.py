"""How a run ended: ML Metadata and the artifacts it names, put as the facts that the page shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from components.evaluation import measures, per_image, results
from components.gate.threshold_result import ThresholdResult
from components.pair_validator.drift.drift_file import DRIFT_FILE, Drift, read_drift
from components.pair_validator.judging.errors import DataRefusedError
from components.pair_validator.judging.verdicts import VERDICTS_FILE, PairVerdict, read_verdicts
from components.production.executor import DOING_NOTHING, VERSION_PROPERTY
from components.production.registry import production
from components.pusher.properties import OUTCOME_PROPERTY, REASON_PROPERTY
from components.pusher.properties import VERSION_PROPERTY as PUSHED_VERSION_PROPERTY
from data import features
from model_code.training import history
from pipeline.config import Config
from pipeline.local.code_version import code_version
from pipeline.local.memory import MemoryUse
from pipeline.report.collect.distributions import histograms_of
from pipeline.report.collect.gate_facts import GateFindings, findings, image_gains, slices, thresholds
from pipeline.report.collect.lineage import data_source, lineage_steps, model_facts
from pipeline.report.collect.mlmd import Execution
from pipeline.report.facts.component_timing import ComponentTiming
from pipeline.report.facts.data_facts import QuarantinedPair, SplitCounts
from pipeline.report.facts.lineage_facts import LogTail
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.run_folder import LOG_NAME, last_lines
from pipeline.report.wording import metric


@dataclass(frozen=True, slots=True)
class RunEnd:
    """What the runner itself knows of a run.

    Attributes:
        run_id: The run's name.
        folder: Where its page and log are.
        started: Seconds since 1970.
        seconds: How long it took.
        error: What ended it early, if anything did.
        components: Names of the pipeline's components, in order.
        executions: What ML Metadata knows of those that were reached.
        memory: Of those that were measured.
    """

    run_id: str
    folder: Path
    started: float
    seconds: float
    error: Exception | None
    components: tuple[str, ...]
    executions: dict[str, Execution]
    memory: Mapping[str, MemoryUse] = field(default_factory=dict)


def facts_of(config: Config, end: RunEnd) -> RunFacts:
    """Gathers the facts of a run, of one that failed as well.

    Args:
        config: The configuration it ran with.
        end: What the runner knows.
    """
    executions = end.executions
    found = findings(executions)
    held = thresholds(found, config.infra)
    verdicts = _verdicts(executions, end.error)
    verdict = _verdict(executions, end.error)
    in_production = production(config.models)
    history_read = _history(executions)
    data, model = data_source(config, executions), model_facts(executions, history_read)
    return RunFacts(
        run_id=end.run_id,
        started=datetime.fromtimestamp(end.started, tz=timezone.utc).astimezone(),
        seconds=round(end.seconds, 1),
        verdict=verdict,
        sentence=_sentence(verdict, found, held, end),
        pushed_version=_pushed_version(executions),
        model_dir=str(config.models / str(in_production.number)) if in_production else None,
        production_before=_production_before(executions),
        pairs=len(verdicts),
        quarantined=sum(not pair.ok for pair in verdicts),
        splits=tuple(_splits(verdicts)),
        thresholds=held,
        slices=tuple(slices(found)),
        metrics=found.judgement.metrics if found.judgement else (),
        images=tuple(image_gains(found)),
        history=history_read,
        quarantine=tuple(_quarantine(verdicts)),
        histograms=histograms_of(verdicts, config.pairs.thresholds),
        drift=_drift(executions, end.error),
        components=tuple(_timings(end)),
        anomalies=_anomalies(end.error),
        config_yaml=config.to_yaml(),
        error=None if end.error is None else f"{type(end.error).__name__}: {end.error}",
        lineage=_production_now(config),
        steps=tuple(lineage_steps(executions, data, model, verdicts, config.models)),
        data=data,
        model=model,
        code_version=code_version(),
        log=_log(end) if verdict == "failed" else None,
    )


def _verdict(executions: dict[str, Execution], error: Exception | None) -> Any:
    if isinstance(error, DataRefusedError):
        return "data_refused"
    if error is not None:
        return "failed"
    return executions["Pusher"].outputs["pushed_model"].properties[OUTCOME_PROPERTY]


def _sentence(verdict: str, found: GateFindings, held: tuple[ThresholdResult, ...], end: RunEnd) -> str:
    if isinstance(end.error, DataRefusedError):
        return f"The data was refused and nothing was trained: {end.error.reason}."
    if found.evaluation is None:
        return "The run failed before a model was judged."
    overall = found.evaluation.candidate[results.OVERALL]
    gain = (
        f"{overall[measures.GAIN_PSNR]:+.2f} dB PSNR and {overall[measures.GAIN_SSIM]:+.3f} SSIM over the degraded input "
        f"on {overall[per_image.IMAGES]:.0f} evaluation images"
    )
    if verdict == "pushed":
        return f"The model was pushed: {gain}."
    if verdict == "unchanged":
        return f"Nothing was pushed, because this very model is in production already: {gain}."
    if verdict == "failed":
        return f"The run failed after a model was judged ({gain})."
    return f"The model was refused and production is unchanged: {gain}; {_why(found, held, end.executions)}."


def _why(found: GateFindings, held: tuple[ThresholdResult, ...], executions: dict[str, Execution]) -> str:
    """Says why a model was refused: what the gate missed, how it failed to be served, or that it was rolled back."""
    missed = [f"{metric(check.name)} ({check.slice})" for check in held if not check.passed]
    if missed and not (found.judgement and found.judgement.blessed):
        return f"it misses {', '.join(missed)}"
    if found.infra and found.infra.problems:
        return f"it cannot be served as it is: {'; '.join(found.infra.problems)}"
    reason = executions["Pusher"].outputs["pushed_model"].properties.get(REASON_PROPERTY)
    if reason:
        return f"{reason}, and only `ast-restore models promote` brings it back"
    return "TFX's InfraValidator did not bless it, see log.txt"


def _drift(executions: dict[str, Execution], error: Exception | None) -> tuple[Drift, ...]:
    folder = error.verdicts.parent if isinstance(error, DataRefusedError) else _validated(executions)
    return read_drift(folder / DRIFT_FILE) if folder else ()


def _validated(executions: dict[str, Execution]) -> Path | None:
    """Returns the PairValidator's folder, where it got that far."""
    validator = executions.get("PairValidator")
    return None if validator is None or validator.state == "failed" else validator.outputs["verdicts"].uri


def _verdicts(executions: dict[str, Execution], error: Exception | None) -> list[PairVerdict]:
    if isinstance(error, DataRefusedError):
        return read_verdicts(error.verdicts)
    folder = _validated(executions)
    return read_verdicts(folder / VERDICTS_FILE) if folder else []


def _splits(verdicts: list[PairVerdict]) -> Iterator[SplitCounts]:
    for split in features.SPLITS:
        kept = [pair for pair in verdicts if pair.ok and pair.split == split]
        severities = sorted({pair.severity for pair in kept})
        yield SplitCounts(
            name=split,
            pairs=len(kept),
            scenes=len({pair.scene_id for pair in kept}),
            severities={severity: sum(pair.severity == severity for pair in kept) for severity in severities},
        )


def _quarantine(verdicts: list[PairVerdict]) -> Iterator[QuarantinedPair]:
    for pair in verdicts:
        if not pair.ok:
            yield QuarantinedPair(pair_id=pair.pair_id, input=pair.input, target=pair.target, reasons=pair.reasons)


def _anomalies(error: Exception | None) -> tuple[str, ...]:
    return error.anomalies if isinstance(error, DataRefusedError) else ()


def _history(executions: dict[str, Execution]) -> Any:
    trainer = executions.get("Trainer")
    if trainer is None or trainer.state == "failed":
        return None
    return json.loads((trainer.outputs["model_run"].uri / history.FILE_NAME).read_text(encoding="utf-8"))


def _timings(end: RunEnd) -> Iterator[ComponentTiming]:
    for name in end.components:
        execution, memory = end.executions.get(name), end.memory.get(name)
        if execution is None:
            yield ComponentTiming(name=name, state="not reached")
        else:
            yield ComponentTiming(
                name=name,
                seconds=execution.seconds,
                state=execution.state,
                memory=memory and memory.peak,
                memory_before=memory and memory.before,
            )


def _production_before(executions: dict[str, Execution]) -> str:
    component = executions.get("ProductionModel")
    if component is None or component.state == "failed":
        return DOING_NOTHING
    return str(component.outputs["model"].properties[VERSION_PROPERTY])


def _pushed_version(executions: dict[str, Execution]) -> str | None:
    pusher = executions.get("Pusher")
    if pusher is None or pusher.state == "failed":
        return None
    version = pusher.outputs["pushed_model"].properties.get(PUSHED_VERSION_PROPERTY)
    return None if version is None else str(version)


def _production_now(config: Config) -> dict[str, str]:
    now = production(config.models)
    if now is None:
        return {}
    return {"in production now": f"version {now.number}, pushed by run {now.run_id}", "its SHA-256": now.digest}


def _log(end: RunEnd) -> LogTail:
    lines, omitted = last_lines(end.folder / LOG_NAME)
    return LogTail(lines=lines, omitted=omitted)
