"""Second step of three: named scores, each a plain function of the raw measurements."""

from __future__ import annotations

import math

from components.pair_validator.measuring.measure import PairMeasurement

# Weight of the veil beside extra structure: a veil that costs a pair half of its log contrast (0.25) then outweighs what
# raindrops and haze take away in structure (down to -0.5 in real raindrops).
VEIL_WEIGHT = 2.0


def score(measurement: PairMeasurement) -> dict[str, float | None]:
    """Derives the scores that thresholds are held against.

    Args:
        measurement: Of one pair.

    Returns:
        None where the pair could not be measured, else:
        `min_side` (px), shorter side of both images;
        `match` (sigma), the correlation peak at the best position;
        `identity` (sigma), the correlation at no displacement;
        `lowpass` (correlation), of the two at 32 x 32 pixels;
        `shift` (px), distance of the input from its target at the centre;
        `zoom` and `rotation` (px), what each moves the image's corner by;
        `position_error` (px), standard error of these;
        `position_evidence` (sigma), how much the peak there stands above the one at no displacement;
        `agreement` (share), of the blocks' weight, that sees that displacement;
        `flip` (ratio), peak of the best flip or quarter turn over the upright peak, 1 where the latter is the best;
        `swap` (score), positive where the target is the degraded image, negative where the input is, near 0 undecided;
        `same_change` (grey levels), the 99th percentile of the change of 8x8 means.
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
    # The blocks see an upright match that a thumbnail may miss.
    upright = max(measurement.upright_snr, measurement.match_snr or 0.0)
    return 1.0 if measurement.orientation == "upright" else measurement.orientation_snr / max(upright, 1e-9)


def _swap(measurement: PairMeasurement) -> float | None:
    if measurement.extra_structure is None or measurement.veil is None:
        return None
    return -(measurement.extra_structure + VEIL_WEIGHT * measurement.veil)
