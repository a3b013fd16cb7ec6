"""The facts stored with a pushed version: the judgement of the Gate, reduced to what a list of versions shows."""

from __future__ import annotations

from typing import Any

from components.evaluation.slices import OVERALL
from components.gate.judgement import Judgement


def version_facts(judgement: Judgement) -> dict[str, Any]:
    """Returns the facts to push with a model.

    Args:
        judgement: The judgement of the Gate.

    Returns:
        `data`, `code`, `parent`, `compared_with`, `images`, `scenes`, `metrics` and `verdict`, as JSON values.
    """
    checks = judgement.checks
    return {
        "data": judgement.data,
        "code": judgement.code,
        "parent": judgement.parent,
        "compared_with": judgement.production,
        "images": judgement.images,
        "scenes": judgement.scenes,
        "metrics": {
            metric.name: {"value": metric.value, "unit": metric.unit, "low": metric.low, "high": metric.high}
            for metric in judgement.metrics
            if metric.slice == OVERALL and metric.value is not None  # no image is large enough for the measure
        },
        "verdict": {
            "blessed": judgement.blessed,
            "met": sum(check.verdict == "met" for check in checks),
            "not_met": sum(check.verdict == "not met" for check in checks),
            "too_few_images": sum(check.verdict == "too few images" for check in checks),
        },
    }
