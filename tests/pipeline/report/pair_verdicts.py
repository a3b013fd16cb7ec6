"""Verdicts on drawn pairs: one that passes, six that are shifted, one that is swapped."""

from __future__ import annotations

from functools import cache

import numpy as np

from components.pair_validator.judging.judge import judge_pair
from components.pair_validator.judging.verdicts import OK, QUARANTINED, PairVerdict
from components.pair_validator.measuring.measure import measure
from components.pair_validator.settings import PairThresholds
from tests.components.pair_validator.drawing import encode, rain, scene

TARGET = scene(5, 160, 200)
RAINY = rain(TARGET, 6, 200)
THRESHOLDS = PairThresholds()


def verdict(name: str, degraded: np.ndarray = RAINY, target: np.ndarray = TARGET) -> PairVerdict:
    """Measures and judges one pair."""
    measurement = measure(name, encode(degraded), encode(target))
    reasons = tuple(judge_pair(measurement, THRESHOLDS))
    word = QUARANTINED if reasons else OK
    return PairVerdict(name, name, name, word, reasons, measurement.to_json(), "", "", "")


@cache
def verdicts() -> list[PairVerdict]:
    """Returns the verdicts: "good", "moved-1" to "moved-30" by so many pixels, and "swapped"."""
    moved = [verdict(f"moved-{pixels}", np.roll(RAINY, pixels, 1)) for pixels in (1, 2, 3, 4, 5, 30)]
    return [verdict("good"), *moved, verdict("swapped", TARGET, RAINY)]
