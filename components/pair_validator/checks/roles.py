"""Checks of the roles in an aligned pair: the input is the degraded image, the target the clean one."""

from __future__ import annotations

from collections.abc import Iterator

from components.pair_validator.checks.check import Check, MeasuredPair, QuarantineReason, Score
from components.pair_validator.checks.matching import MatchThresholds
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.threshold_fields import number
from data.same_picture import MAX_SAME_CHANGE

SWAPPED = "swapped"
NO_GROUND_TRUTH = "no_ground_truth"

VEIL_WEIGHT = 2.0
"""Weight of `veil` beside `extra_structure`: a veil that costs 0.25 of log contrast then outweighs the structure that raindrops
and haze hide (down to -0.5 in photographs of raindrops)."""


class RoleThresholds(MatchThresholds):
    """Thresholds on the roles of the two images."""

    min_swap_evidence: float = number(
        0.15, "score", "Minimum evidence that the target is the degraded image; weaker evidence quarantines no pair."
    )
    max_same_change: float = number(
        MAX_SAME_CHANGE,
        "grey levels",
        "Maximum 99th percentile of the change of 8x8 means in a pair of two clean images: compression changes them by "
        "up to 5, the lightest rain by 13.",
    )


def swap(pair: PairMeasurement) -> float | None:
    """Returns a score: positive where the target is the degraded image, negative where the input is, near 0 undecided."""
    if pair.extra_structure is None or pair.veil is None:
        return None
    return -(pair.extra_structure + VEIL_WEIGHT * pair.veil)


def same_change(pair: PairMeasurement) -> float | None:
    """Returns the 99th percentile of the change of 8x8 means, grey levels."""
    return pair.change_strong


def _is_same(pair: MeasuredPair[RoleThresholds]) -> bool:
    change = same_change(pair.measurement)
    return change is not None and change < pair.thresholds.max_same_change


def _no_ground_truth(pair: MeasuredPair[RoleThresholds]) -> Iterator[QuarantineReason]:
    if _is_same(pair):
        change = pair.measurement.change_strong or 0.0
        text = (
            f"both are the same picture, up to compression: 8 x 8 means change by {change:.2f} grey levels at most "
            f"in 99% of it (PSNR {pair.measurement.input_psnr:.1f} dB)"
        )
        yield pair.reason(NO_GROUND_TRUTH, change, "max_same_change", text)


def _swapped(pair: MeasuredPair[RoleThresholds]) -> Iterator[QuarantineReason]:
    score = swap(pair.measurement)
    # Only aligned images show which of them is the degraded one.
    matched = (pair.measurement.identity_snr or 0.0) >= pair.thresholds.min_match
    if matched and score is not None and score > pair.thresholds.min_swap_evidence and not _is_same(pair):
        text = "the target, not the input, is the degraded image"
        yield pair.reason(SWAPPED, score, "min_swap_evidence", text)


SCORES: dict[str, Score] = {"swap": swap, "same_change": same_change}

CHECKS: tuple[Check[RoleThresholds], ...] = (
    Check(SWAPPED, "The target, not the input, is the degraded image.", _swapped),
    Check(
        NO_GROUND_TRUTH,
        "Both are the same picture up to compression: there is nothing to learn.",
        _no_ground_truth,
    ),
)
