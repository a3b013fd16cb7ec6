"""What the Evaluator found, read back as plain numbers, and held against the thresholds once more for the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tensorflow_model_analysis as tfma

from components.evaluation import restoration_quality as quality
from components.evaluation.settings import GateSettings

OVERALL = "overall"
# TFMA's names of the two models that an Evaluator with a baseline compares.
CANDIDATE = "candidate"
BASELINE = "baseline"

Values = dict[str, float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Metric values (names of `restoration_quality`) by slice, "overall" first; and TFMA's verdict."""

    candidate: dict[str, Values]
    baseline: dict[str, Values]
    blessed: bool
    complaints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One threshold and the value that met it."""

    name: str
    slice: str
    value: float
    threshold: float
    unit: str
    reason: str

    @property
    def passed(self) -> bool:
        """Whether the value reaches the threshold."""
        return self.value >= self.threshold


def read(evaluation: Path) -> Evaluation:
    """Reads an Evaluator's output.

    Args:
        evaluation: Folder of the `evaluation` artifact.
    """
    verdict = tfma.load_validation_result(str(evaluation))
    complaints = [
        f"{failure.metric_key.name}: {failure.message}".strip()
        for per_slice in verdict.metric_validations_per_slice
        for failure in per_slice.failures
    ]
    return Evaluation(
        candidate=_values(evaluation, CANDIDATE),
        baseline=_values(evaluation, BASELINE),
        blessed=verdict.validation_ok,
        complaints=tuple(complaints),
    )


def checks(evaluation: Evaluation, settings: GateSettings) -> list[Check]:
    """Returns every threshold beside its value: floors, gains overall and per slice, change against production."""
    return [*_overall_checks(evaluation, settings), *_slice_checks(evaluation, settings)]


def _overall_checks(evaluation: Evaluation, settings: GateSettings) -> Iterator[Check]:
    ours, theirs = evaluation.candidate[OVERALL], evaluation.baseline[OVERALL]
    for name, threshold, unit, field in (
        (quality.PSNR, settings.min_psnr, "dB", "min_psnr"),
        (quality.SSIM, settings.min_ssim, "", "min_ssim"),
        (quality.GAIN_PSNR, settings.min_gain_psnr, "dB", "min_gain_psnr"),
        (quality.GAIN_SSIM, settings.min_gain_ssim, "", "min_gain_ssim"),
    ):
        yield Check(name, OVERALL, ours[name], threshold, unit, _reason(field))
    for name, max_loss, unit, field in (
        (quality.PSNR, settings.max_loss_psnr, "dB", "max_loss_psnr"),
        (quality.SSIM, settings.max_loss_ssim, "", "max_loss_ssim"),
    ):
        yield Check(f"{name} against production", OVERALL, ours[name] - theirs[name], -max_loss, unit, _reason(field))


def _slice_checks(evaluation: Evaluation, settings: GateSettings) -> Iterator[Check]:
    for name, values in evaluation.candidate.items():
        if name != OVERALL:
            reason = _reason("min_slice_gain_psnr")
            yield Check(quality.GAIN_PSNR, name, values[quality.GAIN_PSNR], settings.min_slice_gain_psnr, "dB", reason)


def _reason(field: str) -> str:
    return GateSettings.model_fields[field].description or ""


def _values(evaluation: Path, model_name: str) -> dict[str, Values]:
    result = tfma.load_eval_result(str(evaluation), model_name=model_name)
    by_slice = {
        _slice_name(key): {name: value["doubleValue"] for name, value in metrics[""][""].items()}
        for key, metrics in result.slicing_metrics
    }
    return dict(sorted(by_slice.items(), key=lambda item: (item[0] != OVERALL, item[0])))


def _slice_name(key: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{feature}: {value}" for feature, value in key) or OVERALL
