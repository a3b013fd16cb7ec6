"""Checks of the position as a whole: shift, rotation, zoom and stretch of the input against its target."""

from __future__ import annotations

import math
from collections.abc import Iterator

from components.pair_validator.checks.check import Check, MeasuredPair, QuarantineReason, Score
from components.pair_validator.checks.matching import MatchThresholds
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.threshold_fields import number

SCALED = "scaled"
MISALIGNED = "misaligned"
STRETCHED = "stretched"

STRETCH_ERRORS, LONE_STRETCH_ERRORS = 4.0, 10.0
"""A stretch counts where it exceeds the first number of its standard errors, which are those of few places; the second where
the blocks show less than `STRETCH_SHOWN` of it as a zoom or turn, and match at zero displacement."""

STRETCH_SHOWN = 0.25
"""Least share of a stretch that blocks show as a zoom or turn: a stretch along one axis is half of one. Of pairs that are
stretched along one axis nearly all show 0.28 and more; of right ones, in motion blur or noise, few more than 0.2."""

OWN_SHARE = 0.5
"""Share of the height of the peak by which it exceeds the correlation at zero, from which the picture plainly lies elsewhere.
Below, a shift has to exceed its own errors, and not only the largest displacement."""

CORNER_SHARE = 0.14
"""The least such share for a zoom or turn: those of 1% and half a degree have 0.17 and more, one right pair 0.1."""

STANDARD_ERRORS = 3.0
"""A displacement counts where it exceeds this many of its own standard errors: a vague estimate quarantines no pair."""

PAIRED_SHARE, PAIRED_FROM = 0.6, 1.0
"""Share of the height of the peak that the correlation has at the opposite displacement, from which both are the ends of a
motion blur, and displacement in pixels from which both are apart."""


class PositionThresholds(MatchThresholds):
    """Thresholds on the position of the input against its target."""

    max_shift: float = number(
        0.36,
        "px",
        "Maximum shift: correct pairs of public sets lie within 0.11 px, the smallest error to find is 0.5 px.",
    )
    max_zoom: float = number(
        1.5,
        "px",
        "Maximum displacement of the image corner by zoom: correct pairs show up to 0.7 px, a zoom of 2% shows 4 px.",
    )
    max_rotation: float = number(
        1.5, "px", "Maximum displacement of the image corner by rotation: correct pairs show up to 0.4 px."
    )
    max_stretch: float = number(
        0.8,
        "px",
        "Maximum displacement of the image corner by a change of the proportions and of right angles: correct pairs show "
        "up to 0.4 px, a width that is 1% off shows 1.5 px.",
    )
    min_agreement: float = number(
        0.5, "share", "Minimum share of the blocks with a clear peak that show the same displacement, for it to count."
    )
    min_evidence: float = number(
        3.0,
        "sigma",
        "Minimum height of a displacement's peak above the correlation at zero displacement, for it to count.",
    )


def shift(pair: PairMeasurement) -> float | None:
    """Returns the displacement of the input at the image centre, pixels; None where it was not measured.

    Args:
        pair: The measurements.
    """
    return None if pair.shift_y is None or pair.shift_x is None else math.hypot(pair.shift_y, pair.shift_x)


def zoom(pair: PairMeasurement) -> float | None:
    """Returns the displacement of the image corner by the zoom, pixels; None where it was not measured.

    Args:
        pair: The measurements.
    """
    return None if pair.zoom is None else abs(pair.zoom - 1) * _corner(pair)


def rotation(pair: PairMeasurement) -> float | None:
    """Returns the displacement of the image corner by the rotation, pixels; None where it was not measured.

    Args:
        pair: The measurements.
    """
    return None if pair.rotation is None else abs(math.radians(pair.rotation)) * _corner(pair)


def stretch(pair: PairMeasurement) -> float | None:
    """Returns the displacement of the image corner by aspect and shear, beside zoom and rotation, pixels.

    None where it was not measured.

    Args:
        pair: The measurements.
    """
    return (
        None if pair.aspect is None or pair.shear is None else math.hypot(pair.aspect, pair.shear) / 2 * _corner(pair)
    )


def evidence(pair: PairMeasurement) -> float | None:
    """Returns the height of the peak above the correlation at zero displacement, in standard deviations.

    None where it was not measured.

    Args:
        pair: The measurements.
    """
    return None if pair.match_snr is None or pair.identity_snr is None else pair.match_snr - pair.identity_snr


def is_displaced(pair: MeasuredPair[PositionThresholds]) -> bool:
    """Returns whether the measured displacement of the whole, of any size, is reliable.

    Args:
        pair: The pair.
    """
    measured, thresholds = pair.measurement, pair.thresholds
    match, above, agreement, error = (
        measured.match_snr,
        evidence(measured),
        measured.blocks_agreeing,
        measured.fit_error,
    )
    if match is None or above is None or agreement is None or error is None:
        return False
    largest = max(score(measured) or 0.0 for score in (shift, zoom, rotation))
    if (shift(measured) or 0.0) > PAIRED_FROM and (measured.opposite_snr or 0.0) >= PAIRED_SHARE * match:
        return False
    return (
        match >= thresholds.min_match
        and above >= thresholds.min_evidence
        and agreement >= thresholds.min_agreement
        and largest > STANDARD_ERRORS * error
    )


def is_stretched(pair: MeasuredPair[PositionThresholds]) -> bool:
    """Returns whether aspect or shear are off and the measurement of both is reliable.

    Args:
        pair: The pair.
    """
    measured, thresholds = pair.measurement, pair.thresholds
    corner, error, agreement = stretch(measured), measured.shape_error, measured.places_agreeing
    if corner is None or error is None or agreement is None or measured.match_snr is None:
        return False
    by_blocks = max(zoom(measured) or 0.0, rotation(measured) or 0.0)
    is_shown = by_blocks >= STRETCH_SHOWN * corner or _is_off_zero(measured, OWN_SHARE)
    errors = STRETCH_ERRORS if is_shown else LONE_STRETCH_ERRORS
    return (
        measured.match_snr >= thresholds.min_match
        and agreement >= thresholds.min_agreement
        and corner > max(thresholds.max_stretch, errors * error)
    )


def _is_off_zero(measured: PairMeasurement, share: float) -> bool:
    """Returns whether the peak exceeds the correlation at zero displacement by a share of its height."""
    return (evidence(measured) or 0.0) >= share * (measured.match_snr or 0.0)


def _stretched(pair: MeasuredPair[PositionThresholds]) -> Iterator[QuarantineReason]:
    if not is_stretched(pair):
        return
    aspect, shear = pair.measurement.aspect or 0.0, pair.measurement.shear or 0.0
    lean = math.degrees(math.atan(shear))
    text = (
        f"the input is {1 + aspect:.4f} times as wide, relative to its height, as its target shows it, and right angles "
        f"lean by {lean:+.2f} degrees"
    )
    yield pair.reason(STRETCHED, stretch(pair.measurement) or 0.0, "max_stretch", text)


def _scaled(pair: MeasuredPair[PositionThresholds]) -> Iterator[QuarantineReason]:
    corner = zoom(pair.measurement) or 0.0
    # A stretch along one axis is half a zoom.
    is_zoomed = corner > pair.thresholds.max_zoom and _is_off_zero(pair.measurement, CORNER_SHARE)
    if is_zoomed and is_displaced(pair) and not is_stretched(pair):
        how = f"by a zoom of {pair.measurement.zoom:.4f}, at its corners"
        yield pair.reason(SCALED, corner, "max_zoom", f"the input lies {corner:.2f} px off its target, {how}")


def _misaligned(pair: MeasuredPair[PositionThresholds]) -> Iterator[QuarantineReason]:
    """Yields one reason, for a shift or a rotation, whichever displaces more."""
    measured, thresholds = pair.measurement, pair.thresholds
    centre, corner = shift(measured) or 0.0, rotation(measured) or 0.0
    shifted = centre > thresholds.max_shift and (
        centre > STANDARD_ERRORS * (measured.fit_error or 0.0) or _is_off_zero(measured, OWN_SHARE)
    )
    # A shear along one axis is half a rotation.
    turned = corner > thresholds.max_rotation and _is_off_zero(measured, CORNER_SHARE) and not is_stretched(pair)
    if not (shifted or turned) or not is_displaced(pair):
        return
    if turned and not (shifted and centre >= corner):
        how = f"by a turn of {measured.rotation:+.2f} degrees, at its corners"
        yield pair.reason(MISALIGNED, corner, "max_rotation", f"the input lies {corner:.2f} px off its target, {how}")
    else:
        how = f"by {measured.shift_y:+.2f} rows, {measured.shift_x:+.2f} columns"
        yield pair.reason(MISALIGNED, centre, "max_shift", f"the input lies {centre:.2f} px off its target, {how}")


SCORES: dict[str, Score] = {
    "match": lambda pair: pair.match_snr,
    "identity": lambda pair: pair.identity_snr,
    "shift": shift,
    "zoom": zoom,
    "rotation": rotation,
    "stretch": stretch,
    "position_error": lambda pair: pair.fit_error,
    "position_evidence": evidence,
    "agreement": lambda pair: pair.blocks_agreeing,
}

CHECKS: tuple[Check[PositionThresholds], ...] = (
    Check(STRETCHED, "The input has other proportions than its target, or leans against it.", _stretched),
    Check(SCALED, "The input is larger or smaller than its target shows it.", _scaled),
    Check(MISALIGNED, "The input is shifted or turned against its target.", _misaligned),
)


def _corner(pair: PairMeasurement) -> float:
    """Returns the distance of a corner from the image centre, pixels."""
    return math.hypot(pair.target_height, pair.target_width) / 2
