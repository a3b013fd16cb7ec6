"""The results of Evaluator, Gate and InfraCheck as facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.evaluation import measures, per_image, results
from components.evaluation.slices import OVERALL
from components.gate.judgement import Judgement
from components.gate.threshold_result import MET, NOT_MET, ThresholdResult
from components.infra_check.check import INFRA_CHECK_FILE, InfraResult
from components.infra_check.settings import InfraSettings
from data import features
from pipeline.report.collect.mlmd import Execution, completed
from pipeline.report.facts.image_facts import ImageGain
from pipeline.report.facts.slice_metrics import SliceMetrics
from pipeline.report.wording import SERVING_MEMORY, SERVING_TIME

_METRICS = (measures.PSNR, measures.SSIM)
"""The measures of `SliceMetrics`: of the restored image, of the input, and the gain."""


@dataclass(frozen=True, slots=True)
class GateResults:
    """The results on the trained model; each is None where the run did not reach the component.

    Attributes:
        evaluation: Metrics of the trained model and of the production model, from the Evaluator.
        judgement: The gate's verdict, from the Gate.
        infra: Time and memory of serving, from the InfraCheck.
    """

    evaluation: results.Evaluation | None = None
    judgement: Judgement | None = None
    infra: InfraResult | None = None


def read_gate_results(executions: dict[str, Execution]) -> GateResults:
    """Reads the outputs of Evaluator, Gate and InfraCheck.

    Args:
        executions: The run's executions by component.
    """
    evaluator, gate, infra = (completed(executions, name) for name in ("Evaluator", "Gate", "InfraCheck"))
    return GateResults(
        evaluation=results.read(evaluator.outputs["evaluation"].uri) if evaluator else None,
        judgement=Judgement.read(gate.outputs["blessing"].uri) if gate else None,
        infra=InfraResult.from_json((infra.outputs["blessing"].uri / INFRA_CHECK_FILE).read_text(encoding="utf-8"))
        if infra
        else None,
    )


def thresholds(gate_results: GateResults, settings: InfraSettings) -> tuple[ThresholdResult, ...]:
    """Returns every threshold beside its value: those of the gate, then those of serving.

    Args:
        gate_results: The results of the run.
        settings: The thresholds of serving.
    """
    checks = gate_results.judgement.checks if gate_results.judgement else ()
    return (*checks, *(_serving_thresholds(gate_results.infra, settings) if gate_results.infra else ()))


def _serving_thresholds(result: InfraResult, settings: InfraSettings) -> Iterator[ThresholdResult]:
    for name, value, field, unit in (
        (SERVING_TIME, result.seconds_per_megapixel, "max_seconds_per_megapixel", "s/MP"),
        (SERVING_MEMORY, result.peak_memory_mb, "max_memory_mb", "MB"),
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


def slice_metrics(evaluation: results.Evaluation | None) -> Iterator[SliceMetrics]:
    """Yields PSNR and SSIM of each slice: of the restored images, of the inputs, and the gains.

    A slice that holds every evaluation image repeats the overall values and is skipped.
    """
    if evaluation is None:
        return
    names = [name for metric in _METRICS for name in (metric, measures.of_input(metric), measures.gain(metric))]
    for name, values in evaluation.candidate.items():
        if name != OVERALL and values[per_image.IMAGES] == len(evaluation.candidate_images):
            continue
        production = evaluation.baseline[name]
        yield SliceMetrics(
            name=name,
            pairs=int(values[per_image.IMAGES]),
            production_gain_psnr=production[measures.GAIN_PSNR],
            production_gain_ssim=production[measures.GAIN_SSIM],
            **{metric: values[metric] for metric in names},
        )


def image_gains(evaluation: results.Evaluation | None) -> Iterator[ImageGain]:
    """Yields the gain on each evaluation image."""
    for row in evaluation.candidate_images if evaluation else ():
        yield ImageGain(
            pair_id=row.pair_id,
            severity=dict(row.classes).get(features.SEVERITY, ""),
            gain_psnr=row[measures.GAIN_PSNR],
            gain_ssim=row[measures.GAIN_SSIM],
            scene_id=row.scene_id,
            classes=dict(row.classes),
            input_psnr=row[measures.of_input(measures.PSNR)],
            input_ssim=row[measures.of_input(measures.SSIM)],
        )
