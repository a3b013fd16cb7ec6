"""The gate's judgement and the infra check, put as the facts that the page shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.evaluation import measures, per_image, results
from components.gate.judgement import Judgement
from components.gate.threshold_result import MET, NOT_MET, ThresholdResult
from components.infra_check.check import InfraResult
from components.infra_check.executor import FILE_NAME as INFRA_FILE
from components.infra_check.settings import InfraSettings
from data import features
from pipeline.report.collect.mlmd import Execution
from pipeline.report.facts.image_facts import ImageGain
from pipeline.report.facts.slice_metrics import SliceMetrics

_SHOWN = (measures.PSNR, measures.SSIM)
"""The measures that the short table of slices has: restored, input and gain."""


@dataclass(frozen=True, slots=True)
class GateFindings:
    """What is known of a judged model; each is None where the run did not come that far."""

    evaluation: results.Evaluation | None = None
    judgement: Judgement | None = None
    infra: InfraResult | None = None


def findings(executions: dict[str, Execution]) -> GateFindings:
    """Reads what Evaluator, Gate and InfraCheck left.

    Args:
        executions: The run's components.
    """
    evaluator, gate, infra = (_done(executions, name) for name in ("Evaluator", "Gate", "InfraCheck"))
    return GateFindings(
        evaluation=results.read(evaluator.outputs["evaluation"].uri) if evaluator else None,
        judgement=Judgement.read(gate.outputs["blessing"].uri) if gate else None,
        infra=InfraResult.from_json((infra.outputs["blessing"].uri / INFRA_FILE).read_text(encoding="utf-8"))
        if infra
        else None,
    )


def _done(executions: dict[str, Execution], name: str) -> Execution | None:
    execution = executions.get(name)
    return None if execution is None or execution.state == "failed" else execution


def thresholds(found: GateFindings, infra: InfraSettings) -> tuple[ThresholdResult, ...]:
    """Returns every threshold beside what was held against it, those of serving last."""
    checks = found.judgement.checks if found.judgement else ()
    return (*checks, *(_serving(found.infra, infra) if found.infra else ()))


def _serving(result: InfraResult, settings: InfraSettings) -> Iterator[ThresholdResult]:
    for name, value, field, unit in (
        ("serving time", result.seconds_per_megapixel, "max_seconds_per_megapixel", "s/MP"),
        ("serving memory", result.peak_memory_mb, "max_memory_mb", "MB"),
    ):
        bound = getattr(settings, field)
        yield ThresholdResult(
            name=name,
            value=value,
            threshold=bound,
            unit=unit,
            direction="at_most",
            reason=InfraSettings.model_fields[field].description or "",
            verdict=MET if value is not None and value <= bound else NOT_MET,
        )


def slices(found: GateFindings) -> Iterator[SliceMetrics]:
    """Yields the short table: PSNR and SSIM of each slice, restored, as it was, and gained.

    A slice that holds every image would say everything once more, and is left out.
    """
    if found.evaluation is None:
        return
    names = [named for name in _SHOWN for named in (name, measures.of_input(name), measures.gain(name))]
    for where, values in found.evaluation.candidate.items():
        if where != results.OVERALL and values[per_image.IMAGES] == len(found.evaluation.candidate_images):
            continue
        before = found.evaluation.baseline[where]
        yield SliceMetrics(
            name=where,
            pairs=int(values[per_image.IMAGES]),
            production_gain_psnr=before[measures.GAIN_PSNR],
            production_gain_ssim=before[measures.GAIN_SSIM],
            **{name: values[name] for name in names},
        )


def image_gains(found: GateFindings) -> Iterator[ImageGain]:
    """Yields the gain on each evaluation image, by pair."""
    for row in found.evaluation.candidate_images if found.evaluation else ():
        yield ImageGain(
            pair_id=row.pair_id,
            severity=dict(row.classes).get(features.SEVERITY, ""),
            gain_psnr=row[measures.GAIN_PSNR],
            gain_ssim=row[measures.GAIN_SSIM],
        )
