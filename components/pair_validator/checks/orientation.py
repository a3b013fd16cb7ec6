"""Check of the orientation: flips, quarter turns and half turns."""

from __future__ import annotations

from collections.abc import Iterator

from components.pair_validator.checks.check import Check, MeasuredPair, QuarantineReason, Score
from components.pair_validator.checks.matching import MatchThresholds
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.threshold_fields import number

FLIPPED = "flipped"


class OrientationThresholds(MatchThresholds):
    """Thresholds on flips and quarter turns."""

    min_flip_ratio: float = number(
        2.0,
        "ratio",
        "Minimum ratio of the peak of a flip or quarter turn to the upright peak: flipped inputs reach 3.5 and more.",
    )


def flip(pair: PairMeasurement) -> float | None:
    """Returns the peak of the best flip or quarter turn over the upright peak; 1 where upright is best.

    None where it was not measured.

    Args:
        pair: The measurements.
    """
    if pair.orientation_snr is None or pair.upright_snr is None:
        return None
    # Blocks show an upright match that a thumbnail may miss.
    upright = max(pair.upright_snr, pair.match_snr or 0.0)
    return 1.0 if pair.orientation == "upright" else pair.orientation_snr / max(upright, 1e-9)


def _flipped(pair: MeasuredPair[OrientationThresholds]) -> Iterator[QuarantineReason]:
    ratio, peak = flip(pair.measurement), pair.measurement.orientation_snr
    if ratio is None or peak is None or peak < pair.thresholds.min_match or ratio < pair.thresholds.min_flip_ratio:
        return
    text = f"the input matches its target {pair.measurement.orientation}, {ratio:.1f} times as well as upright"
    yield pair.reason(FLIPPED, ratio, "min_flip_ratio", text)


SCORES: dict[str, Score] = {"flip": flip}

CHECKS: tuple[Check[OrientationThresholds], ...] = (
    Check(FLIPPED, "The input is mirrored, upside down, or turned by a quarter or half turn.", _flipped),
)
