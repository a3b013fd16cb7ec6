"""What the Evaluator found, read back as plain numbers."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow_model_analysis as tfma

from components.evaluation import per_image
from components.evaluation.per_image import ImageRow
from components.gate.judge import OVERALL
from components.tfma_internals import BASELINE_KEY, CANDIDATE_KEY

Values = dict[str, float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured of two models on the same images.

    Attributes:
        candidate: Metric values (names of `measures` and `per_image`) by slice, "overall" first.
        baseline: Those of the model in production.
        candidate_images: The values of every image, by pair.
        baseline_images: Those of the model in production.
    """

    candidate: dict[str, Values]
    baseline: dict[str, Values]
    candidate_images: list[ImageRow]
    baseline_images: list[ImageRow]


def read(evaluation: Path) -> Evaluation:
    """Reads an Evaluator's output.

    Args:
        evaluation: Folder of the `evaluation` artifact.
    """
    candidate, candidate_images = _read(evaluation, CANDIDATE_KEY)
    baseline, baseline_images = _read(evaluation, BASELINE_KEY)
    return Evaluation(candidate, baseline, candidate_images, baseline_images)


def _read(evaluation: Path, model_name: str) -> tuple[dict[str, Values], list[ImageRow]]:
    result = tfma.load_eval_result(str(evaluation), model_name=model_name)
    by_slice = {_slice_name(key): metrics[""][""] for key, metrics in result.slicing_metrics}
    ordered = sorted(by_slice.items(), key=lambda item: (item[0] != OVERALL, item[0]))
    # An Evaluator that was given no image writes no slice.
    table = by_slice.get(OVERALL, {}).get(per_image.PER_IMAGE)
    rows = per_image.from_json(_bytes(table)) if table else []
    return {name: _numbers(metrics) for name, metrics in ordered}, rows


def _numbers(metrics: dict[str, Any]) -> Values:
    # JSON spells what is not finite as a word, which float() reads.
    return {name: float(value["doubleValue"]) for name, value in metrics.items() if "doubleValue" in value}


def _bytes(value: dict[str, Any]) -> bytes:
    return base64.b64decode(value["bytesValue"])


def _slice_name(key: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{feature}: {value}" for feature, value in key) or OVERALL
