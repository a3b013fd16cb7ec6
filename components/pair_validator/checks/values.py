"""Checks of the values of an aligned pair: the order of channels, the range of grey levels, and the quality of the target."""

from __future__ import annotations

from collections.abc import Iterator

from components.pair_validator.checks.check import Check, MeasuredPair, QuarantineReason, Score
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.threshold_fields import count, number
from data.strict_model import StrictModel

CHANNELS_SWAPPED = "channels_swapped"
RANGE_MISMATCH = "range_mismatch"
LOW_QUALITY_TARGET = "low_quality_target"

_LEVELS_RATIO = 3
"""Least ratio of the grey levels of both sides for the one with few to be at fault: a picture may have few in itself."""

_ROUNDED_STEP = 2
"""Least distance of the few grey levels of an image for it to be rounded: those of a blank sky are neighbours."""

_LOST_COLOUR, _LOST_RATIO = 4.0, 4.0
"""Mean difference of the channels of an input below which haze may have hidden its colour, grey levels, where the target has
so many times as much: the order of what is left is that of the haze."""

_SHARED_TEXTURE = 0.5
"""Coherence of the flattest places of a target from which most of their structure is a texture that the input shows too."""

_LEAST_SHARPNESS = 0.05
"""Least `RoleCues.shared_sharpness` of an input whose target is blurred: a blur of 2 or 3 px has 0.2 and more, a target
enlarged 4 times 0.07, rain over smooth targets 0.04 at most."""

_NOISE_RATIO = 1.2
"""Least ratio of flat energies, target over input, for noise to be the target's: streaks and noise of the input count too."""

_MOST_NOISE = 4.5
"""Largest ratio of the flat energies, input over target, at which finer structure of the input is detail rather than noise."""

_GREY_TARGET = 1.5
"""Mean difference of channels of a target without colour, grey levels."""

_COLOURED_INPUT = 6.0
"""The same of an input with colour: haze takes colour from the input, never from the target."""

_LEAST_HUES = 1.0
"""Least `input_hues` of an input whose colour is more than a tint, grey levels: of 93 grey pictures with a cast of 30% the
largest has 0.67, of 89 inputs whose targets lost their colour the smallest 1.25."""

_LEAST_ON_EDGES = 0.045
"""Least `colour_on_edges` of an input whose colour is that of the scene, where something lies in front of it. With a target
that lost its colour the smallest of 35 has 0.046, in the heaviest rain; noise, and most reflections in front of a grey scene,
have less."""

_COVERING_LIGHT, _COVERING_NOISE = 3.0, 100.0
"""From which on something lies in front of the scene: `unexplained_light` in grey levels, as a reflection has it, or
`input_flat_energy` in squared grey levels, as noise has it."""


class ValueThresholds(StrictModel):
    """Thresholds on the values of both images."""

    min_channel_gain: float = number(
        0.12,
        "correlation",
        "Minimum gain of another order of the channels: true pairs have -0.0 at most, BGR for RGB gains 0.2 and more; grey "
        "images gain nothing and pass.",
    )
    min_levels: int = count(
        25,
        "levels",
        "Minimum grey levels of each image: the darkest night pictures have 50, an image in 0..16 has 17.",
        maximum=256,
    )
    max_clipped_share: float = number(
        0.12,
        "share",
        "Maximum share of the target that is white where the input shows structure, or black where it shows darker structure "
        "than rain or haze leave over black: true pairs reach 0.1.",
    )
    min_small_coefficients: float = number(
        0.08,
        "share",
        "Minimum share of small among the low DCT coefficients of the target: photographs have 0.4 and parts of them of 96 x "
        "128 pixels 0.1 at least, JPEG quality 10 leaves 0.06 at most.",
    )
    max_target_noise: float = number(
        700.0,
        "squared grey levels",
        "Maximum gradient energy of the flattest tenth of a target whose input has less: noise of 20 grey levels has as much, "
        "of 1,250 targets one.",
    )
    min_target_slope: float = number(
        -1.4,
        "log ratio",
        "Minimum log ratio of fine over coarse gradient energy of a target whose input has finer detail: sharp photographs "
        "lie above.",
        minimum=-10.0,
    )
    max_lost_detail: float = number(
        1.3,
        "log ratio",
        "Maximum log ratio by which structure that both images share is finer in the input than in a soft target; true pairs "
        "of 96 x 128 pixels reach 1.0.",
    )


def _channels(pair: MeasuredPair[ValueThresholds]) -> Iterator[QuarantineReason]:
    gain = pair.measurement.channel_gain
    colour, of_target = pair.measurement.input_colour, pair.measurement.target_colour
    if colour is not None and of_target is not None and colour < min(_LOST_COLOUR, of_target / _LOST_RATIO):
        return
    if gain is not None and gain > pair.thresholds.min_channel_gain:
        text = (
            f"the colours fit where the input's channels are read in the order {pair.measurement.channel_order}: "
            "one of both images was stored without the conversion between BGR and RGB"
        )
        yield pair.reason(CHANNELS_SWAPPED, gain, "min_channel_gain", text)


def _levels(pair: MeasuredPair[ValueThresholds]) -> Iterator[QuarantineReason]:
    levels = {"input": pair.measurement.input_levels, "target": pair.measurement.target_levels}
    for side, other in (("input", "target"), ("target", "input")):
        own, beside = levels[side], levels[other]
        if own is None or beside is None or own >= pair.thresholds.min_levels or beside < _LEVELS_RATIO * own:
            continue
        if not _is_rounded(pair.measurement, side, pair.thresholds.min_levels):
            continue
        text = (
            f"the {side} has only {own} grey levels, the {other} {beside}: it was scaled to another range and rounded"
        )
        yield pair.reason(RANGE_MISMATCH, own, "min_levels", text)
        return


def _is_rounded(measured: PairMeasurement, side: str, few: int) -> bool:
    """Returns whether the few grey levels of an image lie at black or far apart: those of a blank sky or wall do neither."""
    mean, step = getattr(measured, f"{side}_mean"), getattr(measured, f"{side}_level_step")
    return mean is None or step is None or mean < few or step >= _ROUNDED_STEP


def _clipped(pair: MeasuredPair[ValueThresholds]) -> Iterator[QuarantineReason]:
    hidden = pair.measurement.hidden_by_clipping
    if hidden is not None and hidden > pair.thresholds.max_clipped_share:
        text = (
            f"{hidden:.0%} of the target is black or white where the input shows structure: it was scaled and clipped"
        )
        yield pair.reason(RANGE_MISMATCH, hidden, "max_clipped_share", text)


def _low_quality(pair: MeasuredPair[ValueThresholds]) -> Iterator[QuarantineReason]:
    measured, thresholds = pair.measurement, pair.thresholds
    small = measured.target_small_coefficients
    if small is not None and small < thresholds.min_small_coefficients:
        text = f"the target shows the blocks of a strong JPEG compression: {small:.0%} of its low frequencies are small"
        yield pair.reason(LOW_QUALITY_TARGET, small, "min_small_coefficients", text)
    elif _is_noisy(measured, thresholds.max_target_noise):
        energy = measured.target_flat_energy or 0.0
        text = "the flat places of the target are full of noise, those of the input are not"
        yield pair.reason(LOW_QUALITY_TARGET, energy, "max_target_noise", text)
    elif _is_soft(measured, thresholds):
        text = "the target is blurred: structure that both images show is finer in the input"
        yield pair.reason(LOW_QUALITY_TARGET, measured.fine_contrast or 0.0, "max_lost_detail", text)
    elif _is_grey(measured):
        text = (
            f"the target has no colour, the input has: its channels differ by {measured.input_colour:.1f} grey levels"
        )
        yield QuarantineReason(
            LOW_QUALITY_TARGET, round(measured.target_colour or 0.0, 4), "grey levels", _GREY_TARGET, text
        )


def _is_noisy(measured: PairMeasurement, limit: float) -> bool:
    own, beside = measured.target_flat_energy, measured.input_flat_energy
    if own is None or beside is None or (measured.target_flat_coherence or 0.0) >= _SHARED_TEXTURE:
        return False
    return own > limit and own > _NOISE_RATIO * beside


def _is_soft(measured: PairMeasurement, thresholds: ValueThresholds) -> bool:
    slope, lost = measured.target_slope, measured.fine_contrast
    if (measured.input_flat_energy or 0.0) > _MOST_NOISE * (measured.target_flat_energy or 0.0):
        return False
    if measured.shared_sharpness is not None and measured.shared_sharpness < _LEAST_SHARPNESS:
        return False
    return (
        slope is not None
        and lost is not None
        and slope < thresholds.min_target_slope
        and lost > thresholds.max_lost_detail
    )


def _is_grey(measured: PairMeasurement) -> bool:
    own, beside = measured.target_colour, measured.input_colour
    if measured.input_hues is not None and measured.input_hues < _LEAST_HUES:
        return False  # a tint of the whole
    light, noise = measured.unexplained_light or 0.0, measured.input_flat_energy or 0.0
    is_covered = light >= _COVERING_LIGHT or noise >= _COVERING_NOISE
    if is_covered and measured.colour_on_edges is not None and measured.colour_on_edges < _LEAST_ON_EDGES:
        return False  # the colour of noise, or of something in front of the scene
    return own is not None and beside is not None and own < _GREY_TARGET and beside > _COLOURED_INPUT


SCORES: dict[str, Score] = {
    "channel_gain": lambda pair: pair.channel_gain,
    "small_coefficients": lambda pair: pair.target_small_coefficients,
}

_RANGE_MEANING = "One image has another range of values: scaled and rounded, nearly black, or clipped."

LEVEL_CHECKS: tuple[Check[ValueThresholds], ...] = (Check(RANGE_MISMATCH, _RANGE_MEANING, _levels),)
"""Checks that need no aligned images: a nearly black image matches nothing."""

CHECKS: tuple[Check[ValueThresholds], ...] = (
    Check(CHANNELS_SWAPPED, "The channels of one image are in another order, such as BGR for RGB.", _channels),
    Check(RANGE_MISMATCH, _RANGE_MEANING, _clipped),
    Check(
        LOW_QUALITY_TARGET,
        "The target is no ground truth: strongly compressed, noisy, blurred, or without colour.",
        _low_quality,
    ),
)
"""Checks that need aligned images."""
