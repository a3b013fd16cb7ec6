"""Limits, thresholds and policy of the PairValidator. Each number has a unit, and a description that gives its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from components.pair_validator.checks.check import unit_of as unit_in
from components.pair_validator.checks.registry import PairThresholds as PairThresholds
from components.pair_validator.limits import PairLimits as PairLimits
from components.pair_validator.threshold_fields import count
from data import features
from data.strict_model import StrictModel

DRIFT_SPLIT = features.TRAIN
"""The split whose measurements are compared from span to span; the others are too small."""


class PairPolicy(StrictModel):
    """What happens to quarantined pairs, and to data that differs from the data before."""

    renamed: ClassVar[Mapping[str, str]] = {"policy": "on_bad_pair"}

    on_bad_pair: Literal["fail", "quarantine"] = Field(
        default="quarantine",
        description="[name] Reaction to a pair that fails a check: 'fail' refuses the data, 'quarantine' trains on the "
        "other pairs.",
    )
    max_quarantined_share: float = Field(
        default=0.05,
        ge=0.0,
        le=1.0,
        description="[share] Maximum share of quarantined pairs, 0 to 1: more of them point to a fault of the data set "
        "or of its layout. Pairs that are only duplicates do not count: public sets hold many (13 of the first 172 of "
        "Rain800), and a duplicate says nothing about the other pairs.",
        json_schema_extra={"unit": "share"},
    )
    drift: Literal["fail", "report"] = Field(
        default="fail",
        description="[name] Reaction to measurements that drift from the last accepted span by more than "
        "pipeline/schema/measurements.pbtxt admits: 'fail' refuses the data, 'report' logs the drift, for an intended "
        "change.",
    )
    min_drift_pairs: int = count(
        40,
        "pairs",
        "Minimum pairs in the train splits of both spans for a comparison: the distributions of fewer pairs differ by "
        "chance.",
    )


class PairSettings(StrictModel):
    """Settings of the PairValidator."""

    limits: PairLimits = Field(default_factory=PairLimits, description="Limits checked before decoding.")
    thresholds: PairThresholds = Field(
        default_factory=PairThresholds, description="Thresholds on the scores of a pair."
    )
    policy: PairPolicy = Field(default_factory=PairPolicy, description="Reaction to bad pairs and to drift.")


def unit_of(threshold: str) -> str:
    """Returns the unit of a threshold.

    Args:
        threshold: Name of a field of `PairThresholds`.

    Raises:
        KeyError: The field does not exist or has no unit.
    """
    return unit_in(threshold, PairThresholds)
