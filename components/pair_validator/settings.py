"""Limits, thresholds and policy of the PairValidator. Each number has a unit, and a description with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from data import features
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
    """What is looked at before an image is decoded, so that no file can fill the memory."""

    max_bytes: int = _count(64 * 2**20, "bytes", "An encoded photograph of 64 megapixels is smaller than this.")
    max_pixels: int = _count(
        64_000_000, "pixels", "By the header, before decoding; the largest public restoration sets have 8 megapixels."
    )
    formats: tuple[str, ...] = Field(
        default=("PNG", "JPEG"), description="[name] What the Trainer's input function decodes; nothing else is opened."
    )


class PairThresholds(StrictModel):
    """What a pair is held against. A threshold can be changed and judged again without reading a pixel."""

    min_side: int = _count(
        96,
        "px",
        "Height and width: of true pairs drawn at 64 pixels one in ten is misjudged, at 128 none. Raise it to the "
        "training crop's.",
    )
    min_match: float = _number(
        12.0,
        "sigma",
        "A correlation peak this high over its surface is a match: partners of other scenes reach 9, and the heaviest "
        "rain in an aligned pair leaves 75.",
    )
    max_unrelated_correlation: float = _number(
        0.8,
        "correlation",
        "Two pictures without any match count as unrelated below this correlation at 32 x 32 pixels: other scenes reach "
        "0.71, and haze that hides all detail leaves more.",
    )
    max_shift: float = _number(
        0.6, "px", "True pairs of public sets lie within 0.35 px of each other; the smallest error to be found is 1 px."
    )
    max_zoom: float = _number(
        1.5, "px", "Displacement at the corner by zoom: true pairs show up to 0.7 px of estimation error, 2% shows 4."
    )
    max_rotation: float = _number(
        1.5, "px", "Displacement at the corner by rotation: true pairs show up to 0.4 px of estimation error."
    )
    min_agreement: float = _number(
        0.5, "share", "A displacement counts where this share of the blocks that see anything sees the same one."
    )
    min_evidence: float = _number(
        3.0, "sigma", "A displacement counts where its peak stands this much above the one at no displacement."
    )
    min_flip_ratio: float = _number(
        2.0,
        "ratio",
        "Peak of a flip or quarter turn over that of the upright: 3.5 and more where the input is flipped.",
    )
    min_swap_evidence: float = _number(
        0.15, "score", "How clearly the target is the degraded one; see `score`. Weaker evidence is left undecided."
    )
    max_same_change: float = _number(
        MAX_SAME_CHANGE,
        "grey levels",
        "99th percentile of the change of 8x8 means: re-encoding a photograph changes them by up to 5, the lightest "
        "rain by 13.",
    )
    max_duplicate_distance: float = _number(
        0.1,
        "share",
        "Hash bits that differ between the weather of two pairs of one scene: other rain, 0.3 to 0.5.",
    )
    max_scene_distance: float = _number(
        0.15, "share", "Hash bits that differ between two targets, mirrored or not: other scenes differ in 0.35 to 0.5."
    )


class PairPolicy(StrictModel):
    """What happens to quarantined pairs, and to data that differs from the data before."""

    renamed: ClassVar[Mapping[str, str]] = {"policy": "on_bad_pair"}

    on_bad_pair: Literal["fail", "quarantine"] = Field(
        default="quarantine",
        description="[name] 'fail' refuses the data for one bad pair; 'quarantine' trains on the others.",
    )
    max_quarantined_share: float = Field(
        default=0.05,
        ge=0.0,
        le=1.0,
        description="[share] More bad pairs than this point to a fault of the set or of its layout, not of a file. Pairs "
        "that are mere duplicates are left out but not counted here: public sets hold many (13 of Rain800's first 172), "
        "and what stays says nothing wrong about any other pair.",
        json_schema_extra={"unit": "share"},
    )
    drift: Literal["fail", "report"] = Field(
        default="fail",
        description="[name] 'fail' refuses a span whose measurements are distributed unlike those of the span before "
        "(pipeline/schema/measurements.pbtxt says by how much); 'report', for a change that is meant, only logs it.",
    )
    min_drift_pairs: int = _count(
        40, "pairs", "In the train split of both spans: the distributions of fewer pairs differ by chance alone."
    )


class PairSettings(StrictModel):
    """All that steers the PairValidator."""

    limits: PairLimits = Field(default_factory=PairLimits, description="What may be decoded.")
    thresholds: PairThresholds = Field(default_factory=PairThresholds, description="What a pair is held against.")
    policy: PairPolicy = Field(default_factory=PairPolicy, description="What is done about bad pairs.")


def unit_of(threshold: str) -> str:
    """Returns the unit of a threshold of `PairThresholds` by its name."""
    extra = PairThresholds.model_fields[threshold].json_schema_extra
    if not isinstance(extra, dict):
        raise KeyError(f"threshold {threshold!r} has no unit")
    return str(extra["unit"])
