"""Why a pair is quarantined: the codes, and what stands beside each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from components.pair_validator import decoding
from components.pair_validator.settings import PairThresholds, unit_of

MISSING_PARTNER = decoding.MISSING
NOT_AN_IMAGE = decoding.NOT_AN_IMAGE
UNDECODABLE = decoding.UNDECODABLE
BOMB = decoding.BOMB
SIZE_MISMATCH = "size_mismatch"
TOO_SMALL = "too_small"
MISALIGNED = "misaligned"
FLIPPED = "flipped"
SCALED = "scaled"
SWAPPED = "swapped"
UNRELATED = "unrelated"
NO_GROUND_TRUTH = "no_ground_truth"
DUPLICATE = "duplicate"
LEAK = "leak"

CODES = (
    UNDECODABLE,
    NOT_AN_IMAGE,
    MISSING_PARTNER,
    SIZE_MISMATCH,
    TOO_SMALL,
    MISALIGNED,
    FLIPPED,
    SCALED,
    SWAPPED,
    UNRELATED,
    NO_GROUND_TRUTH,
    DUPLICATE,
    LEAK,
    BOMB,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a verdict.

    Attributes:
        code: One of `CODES`.
        measured: The value that was met.
        unit: Of both the value and the threshold.
        threshold: What the value was held against.
        text: The reason in one sentence.
    """

    code: str
    measured: float | str
    unit: str
    threshold: float | str
    text: str

    def to_json(self) -> dict[str, Any]:
        """Returns the reason as JSON can hold it."""
        return asdict(self)


def held_against(code: str, measured: float, thresholds: PairThresholds, name: str, text: str) -> Reason:
    """Makes the reason for a value that violates a threshold.

    Args:
        code: One of `CODES`.
        measured: The value that was met.
        thresholds: The thresholds in force.
        name: Which of them was violated.
        text: The reason in one sentence.
    """
    return Reason(code, round(float(measured), 4), unit_of(name), float(getattr(thresholds, name)), text)
