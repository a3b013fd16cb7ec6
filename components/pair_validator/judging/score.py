"""Second step of three (measure, score, judge): derives a score for each threshold from the measurements."""

from __future__ import annotations

from components.pair_validator.checks.registry import SCORES
from components.pair_validator.measuring.pair_measurement import PairMeasurement


def score(measurement: PairMeasurement) -> dict[str, float | None]:
    """Derives the scores of one pair; each family of checks has its own.

    Args:
        measurement: Measurement of the pair.

    Returns:
        Scores by name, as `registry.SCORES` lists them; None where the pair could not be measured.
    """
    return {name: of(measurement) for name, of in SCORES.items()}
