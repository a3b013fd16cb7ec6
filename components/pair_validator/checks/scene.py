"""Check of what both images show: one scene, or two."""

from __future__ import annotations

from collections.abc import Iterator

from components.pair_validator.checks.check import Check, MeasuredPair, QuarantineReason, Score
from components.pair_validator.checks.position import PositionThresholds, is_displaced
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.threshold_fields import number

UNRELATED = "unrelated"

_HIDING_ENERGY = 4.0
"""Least `hiding_energy` at which weather may hide all of a target: exchanged targets of published sets reach 2.8, blank ones
under the heaviest rain have more than 4."""

_OTHER_LIGHT = 15.0
"""Least `unexplained_light` of an input that shows another scene for all that, grey levels: heavy rain and mist over a blank
target leave 13 at most, most other scenes 17 and more."""

_LESS_LIGHT = 20.0
"""Mean luma, in grey levels, that an input has less than its target where it shows another scene: weather that hides a target
adds light."""


_SAME_LIGHT = 3.0
"""Grey levels up to which `unexplained_light` and the change of the mean luma leave two images the same light: where nothing
matches either, both are blank, and a coarse JPEG or rain is all that they differ by."""


class SceneThresholds(PositionThresholds):
    """Threshold on what both images show."""

    max_unrelated_correlation: float = number(
        0.8,
        "correlation",
        "Images without a match are unrelated below this correlation at 32 x 32 pixels: different scenes reach 0.71, "
        "and haze that hides all detail stays above it.",
    )


def _unrelated(pair: MeasuredPair[SceneThresholds]) -> Iterator[QuarantineReason]:
    identity, lowpass = pair.measurement.identity_snr, pair.measurement.lowpass_correlation
    if identity is None or lowpass is None:
        return
    if identity >= pair.thresholds.min_match or lowpass >= pair.thresholds.max_unrelated_correlation:
        return
    if not is_displaced(pair) and not _is_hidden(pair.measurement) and not _is_same_light(pair.measurement):
        text = (
            "the input does not match its target: not as it is, not flipped, not under any shift, zoom by up to a third "
            "and turn by up to 15 degrees that were tried together, and not in its coarse brightness"
        )
        yield pair.reason(UNRELATED, identity, "min_match", text)


def _is_hidden(measured: PairMeasurement) -> bool:
    """Returns whether the target has too little for the input to show through its weather, and the input nothing else."""
    energy, light, added = measured.hiding_energy, measured.unexplained_light, measured.mean_change
    if energy is None or light is None or added is None:
        return False
    return energy >= _HIDING_ENERGY and light < _OTHER_LIGHT and added > -_LESS_LIGHT


def _is_same_light(measured: PairMeasurement) -> bool:
    """Returns whether the coarse parts of both images are equally bright, so that the input shows no other scene."""
    light, added = measured.unexplained_light, measured.mean_change
    return light is not None and added is not None and max(light, abs(added)) < _SAME_LIGHT


SCORES: dict[str, Score] = {"lowpass": lambda pair: pair.lowpass_correlation}

CHECKS: tuple[Check[SceneThresholds], ...] = (
    Check(UNRELATED, "The two images do not show the same scene.", _unrelated),
)
