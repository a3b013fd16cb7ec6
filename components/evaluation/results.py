"""What the Evaluator found, read back as plain numbers."""

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
    """What was measured of two models on the same images.

    Attributes:
        candidate: Metric values (names of `measures` and `per_image`) by slice, "overall" first.
        baseline: Those of the model in production.
        candidate_images: The values of every image, by pair.
        baseline_images: Those of the model in production.
    """

    candidate: dict[Slice, Values]
    baseline: dict[Slice, Values]
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


def _read(evaluation: Path, model_name: str) -> tuple[dict[Slice, Values], list[ImageRow]]:
    result = tfma.load_eval_result(str(evaluation), model_name=model_name)
    by_slice = {_slice_of(key): metrics[""][""] for key, metrics in result.slicing_metrics}
    ordered = sorted(by_slice.items(), key=lambda item: (item[0] != OVERALL, str(item[0])))
    # An Evaluator that was given no image writes no slice.
    table = by_slice.get(OVERALL, {}).get(per_image.PER_IMAGE)
    rows = per_image.from_json(_bytes(table)) if table else []
    return {part: _numbers(metrics) for part, metrics in ordered}, rows


def _numbers(metrics: dict[str, Any]) -> Values:
    # JSON spells what is not finite as a word, which float() reads.
    return {name: float(value["doubleValue"]) for name, value in metrics.items() if "doubleValue" in value}


def _bytes(value: dict[str, Any]) -> bytes:
    return base64.b64decode(value["bytesValue"])


def _slice_of(key: tuple[tuple[str, str], ...]) -> Slice:
    """Returns the slice of TFMA's key, which names one feature at most (`eval_config`)."""
    return Slice(*key[0]) if key else OVERALL
