"""The numbers of a judgement by name, for a user interface that shows one list of numbers."""

from __future__ import annotations

from components.evaluation.slices import OVERALL
from components.gate.judgement import Judgement
from components.gate.threshold_result import MET, NOT_MET, TOO_FEW

METRICS_FILE = "metrics.json"


def scalar_metrics(judgement: Judgement) -> dict[str, float]:
    """Returns verdict, thresholds and overall metrics of a judgement; one that was not measured is left out.

    Args:
        judgement: The judgement of a model.

    Returns:
        `blessed` (1 or 0), `thresholds_met`, `thresholds_not_met` and `thresholds_with_too_few_images`, `images`, `scenes`, and
        the mean of every measure and its gain over all images, in the measure's unit.
    """
    verdicts = [result.verdict for result in judgement.checks]
    counts = {
        "blessed": judgement.blessed,
        "thresholds_met": verdicts.count(MET),
        "thresholds_not_met": verdicts.count(NOT_MET),
        "thresholds_with_too_few_images": verdicts.count(TOO_FEW),
        "images": judgement.images,
        "scenes": judgement.scenes,
    }
    overall = {metric.name: metric.value for metric in judgement.metrics if metric.slice == OVERALL}
    return {name: float(value) for name, value in {**counts, **overall}.items() if value is not None}
