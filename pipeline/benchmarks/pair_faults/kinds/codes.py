"""The reason codes by which a fault is rightly named, with those that an older version of the checks does not have."""

from __future__ import annotations

from components.pair_validator.judging.reasons import (
    DUPLICATE,
    FLIPPED,
    LEAK,
    MISALIGNED,
    NO_GROUND_TRUTH,
    SCALED,
    SWAPPED,
    UNRELATED,
)

STRETCHED = "stretched"
LOCALLY_MISALIGNED = "locally_misaligned"
BORDERED = "bordered"
CHANNELS_SWAPPED = "channels_swapped"
RANGE_MISMATCH = "range_mismatch"
LOW_QUALITY_TARGET = "low_quality_target"

COMPARING = frozenset({DUPLICATE, LEAK})
"""Codes that compare a pair with others: published sets hold true duplicates, so that they are no false alarm as such."""

__all__ = [
    "BORDERED",
    "CHANNELS_SWAPPED",
    "COMPARING",
    "DUPLICATE",
    "FLIPPED",
    "LEAK",
    "LOCALLY_MISALIGNED",
    "LOW_QUALITY_TARGET",
    "MISALIGNED",
    "NO_GROUND_TRUTH",
    "RANGE_MISMATCH",
    "SCALED",
    "STRETCHED",
    "SWAPPED",
    "UNRELATED",
]
