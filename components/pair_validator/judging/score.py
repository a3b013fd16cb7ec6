"""Second step of three (measure, score, judge): derives a score for each threshold from the measurements."""

from __future__ import annotations

import math

from components.pair_validator.measuring.pair_measurement import PairMeasurement

VEIL_WEIGHT = 2.0
"""Weight of `veil` beside `extra_structure`: a veil that costs 0.25 of log contrast then outweighs the structure that raindrops
and haze hide (down to -0.5 in photographs of raindrops)."""


def score(measurement: PairMeasurement) -> dict[str, float | None]:
    """Derives the scores of one pair.

    Args:
        measurement: Measurement of the pair.

    Returns:
        Scores by name; None where the pair could not be measured:
        `min_side` (px), shorter side of both images;
        `match` (sigma), height of the correlation peak at the best position;
        `identity` (sigma), correlation at zero displacement;
        `lowpass` (Pearson's correlation, -1 to 1), of both images at 32 x 32 pixels;
        `shift` (px), displacement of the input at the image centre;
        `zoom` and `rotation` (px), displacement of the image corner by each;
        `position_error` (px), standard error of these displacements;
        `position_evidence` (sigma), height of that peak above the correlation at zero displacement;
        `agreement` (share, 0 to 1), weight of the blocks that show that displacement;
        `flip` (ratio), peak of the best flip or quarter turn over the upright peak; 1 where upright is best;
        `swap`, positive where the target is the degraded image, negative where the input is, near 0 undecided;
        `same_change` (grey levels), 99th percentile of the change of 8x8 means.
    """
    return {
        "min_side": _min_side(measurement),
        "match": measurement.match_snr,
        "identity": measurement.identity_snr,
        "lowpass": measurement.lowpass_correlation,
        "shift": _shift(measurement),
        "zoom": _zoom(measurement),
        "rotation": _rotation(measurement),
        "position_error": measurement.fit_error,
        "position_evidence": _difference(measurement.match_snr, measurement.identity_snr),
        "agreement": measurement.blocks_agreeing,
        "flip": _flip(measurement),
        "swap": _swap(measurement),
        "same_change": measurement.change_strong,
    }


def _min_side(measurement: PairMeasurement) -> float | None:
    sides = (measurement.input_height, measurement.input_width, measurement.target_height, measurement.target_width)
    return float(min(sides)) if all(sides) else None


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _shift(measurement: PairMeasurement) -> float | None:
    if measurement.shift_y is None or measurement.shift_x is None:
        return None
    return math.hypot(measurement.shift_y, measurement.shift_x)


def _corner(measurement: PairMeasurement) -> float:
    return math.hypot(measurement.target_height, measurement.target_width) / 2


def _zoom(measurement: PairMeasurement) -> float | None:
    return None if measurement.zoom is None else abs(measurement.zoom - 1) * _corner(measurement)


def _rotation(measurement: PairMeasurement) -> float | None:
    if measurement.rotation is None:
        return None
    return abs(math.radians(measurement.rotation)) * _corner(measurement)


def _flip(measurement: PairMeasurement) -> float | None:
    if measurement.orientation_snr is None or measurement.upright_snr is None:
        return None
    # Blocks show an upright match that a thumbnail may miss.
    upright = max(measurement.upright_snr, measurement.match_snr or 0.0)
    return 1.0 if measurement.orientation == "upright" else measurement.orientation_snr / max(upright, 1e-9)


def _swap(measurement: PairMeasurement) -> float | None:
    if measurement.extra_structure is None or measurement.veil is None:
        return None
    return -(measurement.extra_structure + VEIL_WEIGHT * measurement.veil)
