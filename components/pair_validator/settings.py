"""Limits, thresholds and policy of the PairValidator. Each number has a unit, and a description that gives its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from data import features
from data.image.decoding import FORMATS, MAX_BYTES, MAX_PIXELS
from data.same_picture import MAX_SAME_CHANGE
from data.strict_model import StrictModel

DRIFT_SPLIT = features.TRAIN
"""The split whose measurements are compared from span to span; the others are too small."""


def _number(default: float, unit: str, reason: str, minimum: float = 0.0) -> float:
    field: float = Field(default, ge=minimum, description=f"[{unit}] {reason}", json_schema_extra={"unit": unit})
    return field


def _count(default: int, unit: str, reason: str) -> int:
    field: int = Field(default, ge=1, description=f"[{unit}] {reason}", json_schema_extra={"unit": unit})
    return field


class PairLimits(StrictModel):
    """Limits checked before an image is decoded, so that no file can fill the memory."""

    max_bytes: int = _count(
        MAX_BYTES, "bytes", "Maximum size of a file: an encoded photograph of 64 megapixels is smaller."
    )
    max_pixels: int = _count(
        MAX_PIXELS,
        "pixels",
        "Maximum pixels per image, read from its header; the largest public restoration sets have 8 megapixels.",
    )
    formats: tuple[str, ...] = Field(
        default=FORMATS, description="[name] Formats that are opened: those that the Trainer decodes."
    )


class PairThresholds(StrictModel):
    """Thresholds on the scores of a pair. A changed threshold needs no new measurement."""

    min_side: int = _count(
        96,
        "px",
        "Minimum height and width: one in ten correct pairs is misjudged at 64 pixels, none at 128. Raise it to the "
        "side of the training crop.",
    )
    min_match: float = _number(
        12.0,
        "sigma",
        "Minimum correlation peak of a match: images of different scenes reach 9, an aligned pair in the heaviest rain "
        "75.",
    )
    max_unrelated_correlation: float = _number(
        0.8,
        "correlation",
        "Images without a match are unrelated below this correlation at 32 x 32 pixels: different scenes reach 0.71, "
        "and haze that hides all detail stays above it.",
    )
    max_shift: float = _number(
        0.6, "px", "Maximum shift: correct pairs of public sets lie within 0.35 px, the smallest error to find is 1 px."
    )
    max_zoom: float = _number(
        1.5,
        "px",
        "Maximum displacement of the image corner by zoom: correct pairs show up to 0.7 px, a zoom of 2% shows 4 px.",
    )
    max_rotation: float = _number(
        1.5, "px", "Maximum displacement of the image corner by rotation: correct pairs show up to 0.4 px."
    )
    min_agreement: float = _number(
        0.5, "share", "Minimum share of the blocks with a clear peak that show the same displacement, for it to count."
    )
    min_evidence: float = _number(
        3.0,
        "sigma",
        "Minimum height of a displacement's peak above the correlation at zero displacement, for it to count.",
    )
    min_flip_ratio: float = _number(
        2.0,
        "ratio",
        "Minimum ratio of the peak of a flip or quarter turn to the upright peak: flipped inputs reach 3.5 and more.",
    )
    min_swap_evidence: float = _number(
        0.15, "score", "Minimum evidence that the target is the degraded image; weaker evidence quarantines no pair."
    )
    max_same_change: float = _number(
        MAX_SAME_CHANGE,
        "grey levels",
        "Maximum 99th percentile of the change of 8x8 means in a pair of two clean images: compression changes them by "
        "up to 5, the lightest rain by 13.",
    )
    max_duplicate_distance: float = _number(
        0.1,
        "share",
        "Maximum share of differing hash bits between the degradations of two duplicates: different rain on one scene "
        "differs in 0.3 to 0.5.",
    )
    max_scene_distance: float = _number(
        0.15,
        "share",
        "Maximum share of differing hash bits between two targets of one scene, mirrored or not: different scenes "
        "differ in 0.35 to 0.5.",
    )


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
    min_drift_pairs: int = _count(
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
    extra = PairThresholds.model_fields[threshold].json_schema_extra
    if not isinstance(extra, dict):
        raise KeyError(f"threshold {threshold!r} has no unit")
    return str(extra["unit"])
