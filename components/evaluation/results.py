"""Reads the results of TFX's Evaluator as plain numbers."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow_model_analysis as tfma

from components.evaluation import per_image
from components.evaluation.per_image import ImageRow
from components.evaluation.slices import OVERALL, Slice
from components.tfma_internals import BASELINE_KEY, CANDIDATE_KEY

Values = dict[str, float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Results of two models on the same images.

    Attributes:
        candidate: Metric values of the judged model (names of `measures` and `per_image`) by slice, `OVERALL` first.
        baseline: Metric values of the production model, likewise.
        candidate_images: Values of every image of the judged model, sorted by pair.
        baseline_images: Values of every image of the production model, likewise.
    """

    candidate: dict[Slice, Values]
    baseline: dict[Slice, Values]
    candidate_images: list[ImageRow]
    baseline_images: list[ImageRow]


def read(evaluation: Path) -> Evaluation:
    """Reads the output of the Evaluator.

    Args:
        evaluation: Folder of the ModelEvaluation artifact.

    Returns:
        The results; without slices and images where the evaluation split is empty.

    Raises:
        ValueError: Another version of the code measured the images.
    """
    candidate, candidate_images = _read(evaluation, CANDIDATE_KEY)
    baseline, baseline_images = _read(evaluation, BASELINE_KEY)
    return Evaluation(candidate, baseline, candidate_images, baseline_images)


def _read(evaluation: Path, model_name: str) -> tuple[dict[Slice, Values], list[ImageRow]]:
    result = tfma.load_eval_result(str(evaluation), model_name=model_name)
    by_slice = {_slice_of(key): metrics[""][""] for key, metrics in result.slicing_metrics}
    ordered = sorted(by_slice.items(), key=lambda item: (item[0] != OVERALL, str(item[0])))
    # The Evaluator writes no slice for an empty split.
    table = by_slice.get(OVERALL, {}).get(per_image.PER_IMAGE)
    rows = per_image.from_json(_bytes(table)) if table else []
    return {part: _numbers(metrics) for part, metrics in ordered}, rows


def _numbers(metrics: dict[str, Any]) -> Values:
    # JSON spells non-finite numbers as words, which float() reads.
    return {name: float(value["doubleValue"]) for name, value in metrics.items() if "doubleValue" in value}


def _bytes(value: dict[str, Any]) -> bytes:
    return base64.b64decode(value["bytesValue"])


def _slice_of(key: tuple[tuple[str, str], ...]) -> Slice:
    """Returns the slice of TFMA's key, which names one feature at most (`eval_config`)."""
    return Slice(*key[0]) if key else OVERALL
