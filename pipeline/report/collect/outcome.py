"""Gathers the facts of a finished run from ML Metadata and the artifacts that it names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import cast

from components.evaluation import measures, per_image, results
from components.evaluation.slices import OVERALL
from components.gate.threshold_result import ThresholdResult
from components.pair_validator.drift.drift_file import DRIFT_FILE, Drift, read_drift
from components.pair_validator.judging.errors import DataRefusedError
from components.pair_validator.judging.verdicts import VERDICTS_FILE, PairVerdict, read_verdicts
from components.production.properties import NO_PRODUCTION_MODEL, VERSION_PROPERTY
from components.production.registry import production
from components.pusher.properties import OUTCOME_PROPERTY, REASON_PROPERTY
from components.pusher.properties import VERSION_PROPERTY as PUSHED_VERSION_PROPERTY
from data import features
from model_code.training.records import history
from model_code.training.records.progress import TENSORBOARD_FOLDER, tensorboard_command
from pipeline.config import Config
from pipeline.local.code_version import code_version
from pipeline.local.memory import MemoryUse
from pipeline.local.run_inputs import reason_of
from pipeline.report.collect.distributions import histograms_of
from pipeline.report.collect.gate_facts import GateResults, image_gains, read_gate_results, slice_metrics, thresholds
from pipeline.report.collect.lineage import data_source, lineage_steps, model_facts
from pipeline.report.collect.mlmd import Execution, completed
from pipeline.report.collect.next_steps import steps_after
from pipeline.report.facts.component_timing import ComponentTiming
from pipeline.report.facts.data_facts import QuarantinedPair, SplitCounts
from pipeline.report.facts.lineage_facts import LogTail
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.facts.run_summary import RunVerdict
from pipeline.report.facts.training_facts import TrainingHistory
from pipeline.report.wording import metric
from pipeline.run_folder import LOG_NAME, last_lines


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """What the runner knows of a run that has ended.

    Attributes:
        run_id: Name of the run.
        folder: The run's folder under `reports/`.
        started: Time at which it started, seconds since 1970.
        seconds: Time that it took.
        error: The error that ended it; None where there was none.
        components: Names of the pipeline's components, in order; none where a task of a cluster has to say how it ended.
        executions: Executions of the components that were reached, by component.
        memory: Memory of the components that were measured, by component.
    """

    run_id: str
    folder: Path
    started: float
    seconds: float
    error: Exception | None
    components: tuple[str, ...]
    executions: dict[str, Execution]
    memory: Mapping[str, MemoryUse] = field(default_factory=dict)


def facts_of(config: Config, run: FinishedRun) -> RunFacts:
    """Gathers the facts of a run, whether it succeeded or failed.

    Args:
        config: The configuration of the run.
        run: The run.
    """
    executions, verdict = run.executions, _verdict(run)
    gate_results = read_gate_results(executions)
    threshold_results = thresholds(gate_results, config.infra)
    pair_verdicts = _pair_verdicts(run)
    training = _history(executions)
    data, model = data_source(config, executions), model_facts(executions, training)
    in_production = production(config.models)
    return RunFacts(
        run_id=run.run_id,
        started=datetime.fromtimestamp(run.started, tz=timezone.utc).astimezone(),
        seconds=round(run.seconds, 1),
        verdict=verdict,
        sentence=_sentence(verdict, gate_results, threshold_results, run),
        pushed_version=_pushed_version(executions),
        model_dir=str(config.models / str(in_production.number)) if in_production else None,
        production_before=_production_before(executions),
        pairs=len(pair_verdicts),
        quarantined=sum(not pair.ok for pair in pair_verdicts),
        splits=tuple(_splits(pair_verdicts)),
        thresholds=threshold_results,
        slices=tuple(slice_metrics(gate_results.evaluation)),
        metrics=gate_results.judgement.metrics if gate_results.judgement else (),
        images=tuple(image_gains(gate_results.evaluation)),
        history=training,
        quarantine=tuple(_quarantine(pair_verdicts)),
        advice=run.error.advice if isinstance(run.error, DataRefusedError) else (),
        histograms=histograms_of(pair_verdicts, config.pairs.thresholds),
        drift=_drift(run),
        components=tuple(_timings(run)),
        anomalies=run.error.anomalies if isinstance(run.error, DataRefusedError) else (),
        next_steps=_next_steps(verdict, gate_results, threshold_results, run),
        config_yaml=config.to_yaml(),
        reason=reason_of(run.folder),
        error=None if run.error is None else f"{type(run.error).__name__}: {run.error}",
        lineage=_production_now(config),
        steps=tuple(lineage_steps(executions, data, model, pair_verdicts, config.models)),
        data=data,
        model=model,
        code_version=code_version(),
        log=_log(run) if verdict == "failed" else None,
    )


def _verdict(run: FinishedRun) -> RunVerdict:
    if isinstance(run.error, DataRefusedError):
        return "data_refused"
    if run.error is not None:
        return "failed"
    if "Pusher" not in run.executions:
        return "data_accepted"
    return cast(RunVerdict, run.executions["Pusher"].outputs["pushed_model"].properties[OUTCOME_PROPERTY])


def _sentence(
    verdict: RunVerdict, gate_results: GateResults, threshold_results: tuple[ThresholdResult, ...], run: FinishedRun
) -> str:
    if verdict == "data_accepted":
        return "The data was accepted, and the run goes on to train."
    if isinstance(run.error, DataRefusedError):
        return f"The data was refused and nothing was trained: {run.error.reason}."
    if verdict == "failed" and not run.components:
        return f"The run failed: {run.error}."
    if gate_results.evaluation is None:
        return "The run failed before a model was judged."
    gain = _gain(gate_results.evaluation)
    if verdict == "pushed":
        return f"The model was pushed: {gain}."
    if verdict == "unchanged":
        return f"Nothing was pushed, because this very model is in production already: {gain}."
    if verdict == "failed":
        return f"The run failed after a model was judged ({gain})."
    why = _why_refused(gate_results, threshold_results, run.executions)
    return f"The model was refused and production is unchanged: {gain}; {why}."


def _gain(evaluation: results.Evaluation) -> str:
    overall = evaluation.candidate[OVERALL]
    return (
        f"{overall[measures.GAIN_PSNR]:+.2f} dB PSNR and {overall[measures.GAIN_SSIM]:+.3f} SSIM over the degraded input "
        f"on {overall[per_image.IMAGES]:.0f} evaluation images"
    )


def _why_refused(
    gate_results: GateResults, threshold_results: tuple[ThresholdResult, ...], executions: dict[str, Execution]
) -> str:
    """Says why a model was refused: thresholds of the gate, problems of serving, or an earlier rollback."""
    missed = [f"{metric(result.name)} ({result.slice})" for result in threshold_results if not result.passed]
    if missed and not (gate_results.judgement and gate_results.judgement.blessed):
        return f"it misses {', '.join(missed)}"
    if gate_results.infra and gate_results.infra.problems:
        return f"it cannot be served as it is: {'; '.join(gate_results.infra.problems)}"
    reason = executions["Pusher"].outputs["pushed_model"].properties.get(REASON_PROPERTY)
    if reason:
        return f"{reason}, and only `ast-restore models promote` brings it back"
    return "TFX's InfraValidator did not bless it, see log.txt"


def _next_steps(
    verdict: RunVerdict, gate_results: GateResults, threshold_results: tuple[ThresholdResult, ...], run: FinishedRun
) -> tuple[str, ...]:
    if isinstance(run.error, DataRefusedError):
        return run.error.next_steps
    if verdict != "refused":
        return ()
    reason = run.executions["Pusher"].outputs["pushed_model"].properties.get(REASON_PROPERTY)
    return steps_after(threshold_results, gate_results.infra, None if reason is None else str(reason))


def _verdicts_file(run: FinishedRun) -> Path | None:
    """Returns the file of the PairValidator's verdicts; None where the run did not reach them."""
    if isinstance(run.error, DataRefusedError):
        return run.error.verdicts
    validator = completed(run.executions, "PairValidator")
    return validator.outputs["verdicts"].uri / VERDICTS_FILE if validator else None


def _pair_verdicts(run: FinishedRun) -> list[PairVerdict]:
    file = _verdicts_file(run)
    return read_verdicts(file) if file else []


def _drift(run: FinishedRun) -> tuple[Drift, ...]:
    file = _verdicts_file(run)
    return read_drift(file.with_name(DRIFT_FILE)) if file else ()


def _splits(verdicts: list[PairVerdict]) -> Iterator[SplitCounts]:
    for split in features.SPLITS:
        pairs = [pair for pair in verdicts if pair.ok and pair.split == split]
        severities = sorted({pair.severity for pair in pairs})
        yield SplitCounts(
            name=split,
            pairs=len(pairs),
            scenes=len({pair.scene_id for pair in pairs}),
            severities={severity: sum(pair.severity == severity for pair in pairs) for severity in severities},
        )


def _quarantine(verdicts: list[PairVerdict]) -> Iterator[QuarantinedPair]:
    for pair in verdicts:
        if not pair.ok:
            yield QuarantinedPair(pair_id=pair.pair_id, input=pair.input, target=pair.target, reasons=pair.reasons)


def _history(executions: dict[str, Execution]) -> TrainingHistory | None:
    trainer = completed(executions, "Trainer")
    if trainer is None:
        return None
    text = (trainer.outputs["model_run"].uri / history.FILE_NAME).read_text(encoding="utf-8")
    return TrainingHistory.model_validate(json.loads(text))


def tensorboard_command_of(executions: dict[str, Execution]) -> str | None:
    """Returns the command that shows the curves of a run's training; None where it logged none.

    Args:
        executions: Executions by component.
    """
    trainer = completed(executions, "Trainer")
    folder = trainer.outputs["model_run"].uri if trainer else None
    if folder is None or not (folder / TENSORBOARD_FOLDER).is_dir():
        return None
    return tensorboard_command(folder)


def _timings(run: FinishedRun) -> Iterator[ComponentTiming]:
    for name in run.components:
        execution, memory = run.executions.get(name), run.memory.get(name)
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
    component = completed(executions, "ProductionModel")
    return str(component.outputs["model"].properties[VERSION_PROPERTY]) if component else NO_PRODUCTION_MODEL


def _pushed_version(executions: dict[str, Execution]) -> str | None:
    pusher = completed(executions, "Pusher")
    version = pusher.outputs["pushed_model"].properties.get(PUSHED_VERSION_PROPERTY) if pusher else None
    return None if version is None else str(version)


def _production_now(config: Config) -> dict[str, str | None]:
    now = production(config.models)
    if now is None:
        return {}
    return {"in production now": f"version {now.number}, pushed by run {now.run_id}", "its SHA-256": now.digest}


def _log(run: FinishedRun) -> LogTail:
    lines, omitted = last_lines(run.folder / LOG_NAME)
    return LogTail(lines=lines, omitted=omitted)
