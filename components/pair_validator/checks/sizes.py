"""Checks of the sizes of both images."""

from __future__ import annotations

from collections.abc import Iterator

from components.pair_validator.checks.check import Check, MeasuredPair, QuarantineReason, Score
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.threshold_fields import count
from data.strict_model import MAX_SIDE, StrictModel

SIZE_MISMATCH = "size_mismatch"
TOO_SMALL = "too_small"


class SizeThresholds(StrictModel):
    """Thresholds on the sizes of the images."""

    min_side: int = count(
        96,
        "px",
        "Minimum height and width: one in ten correct pairs is misjudged at 64 pixels, none at 128. Raise it to the "
        "side of the training crop.",
        maximum=MAX_SIDE,
    )


def min_side(pair: PairMeasurement) -> float | None:
    """Returns the shorter side of both images, pixels; None where a size is not known.

    Args:
        pair: The measurements.
    """
    sides = (pair.input_height, pair.input_width, pair.target_height, pair.target_width)
    return float(min(sides)) if all(sides) else None


def _differs(pair: MeasuredPair[SizeThresholds]) -> Iterator[QuarantineReason]:
    sizes = pair.measurement
    rows = abs(sizes.input_height - sizes.target_height)
    columns = abs(sizes.input_width - sizes.target_width)
    if rows or columns:
        text = (
            f"the input is {sizes.input_width} x {sizes.input_height} pixels, "
            f"the target {sizes.target_width} x {sizes.target_height}"
        )
        yield QuarantineReason(SIZE_MISMATCH, float(max(rows, columns)), "px", 0.0, text)


def _too_small(pair: MeasuredPair[SizeThresholds]) -> Iterator[QuarantineReason]:
    side = min_side(pair.measurement)
    if side is not None and side < pair.thresholds.min_side:
        yield pair.reason(TOO_SMALL, side, "min_side", f"one side has only {side:.0f} pixels")


SCORES: dict[str, Score] = {"min_side": min_side}

CHECKS: tuple[Check[SizeThresholds], ...] = (
    Check(SIZE_MISMATCH, "The two images differ in size.", _differs),
    Check(TOO_SMALL, "An image is too small for its position to be judged.", _too_small),
)
