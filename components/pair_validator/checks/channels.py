"""Checks of single channels of an aligned pair: off its place, missing, negative, or of another picture.

The thresholds were chosen on crops of the chosen half of the photographs (`pair_faults --half chosen`) and on eight pairs of
each published set.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.pair_validator.checks.check import Check, MeasuredPair, QuarantineReason, Score
from components.pair_validator.checks.position import MISALIGNED
from components.pair_validator.checks.values import CHANNELS_SWAPPED, ValueThresholds
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.threshold_fields import number

_LEAST_ENERGY = 10.0
"""Mean squared gradient below which a channel shows too little to be judged, squared grey levels."""

_LEAST_BEST = 0.4
"""Correlation of the gradients of the channel that matches best, from which another that does not match is at fault."""


class ChannelThresholds(ValueThresholds):
    """Thresholds on single channels."""

    max_channel_shift: float = number(
        0.3,
        "px",
        "Maximum distance of red or blue from green, beyond that in the other image and its errors: true pairs with "
        "structure have none, a channel that is 2 px off 0.8 and more.",
    )
    min_channel_match: float = number(
        0.15,
        "ratio",
        "Minimum correlation of both images in their worst channel, over that in their best: true pairs with structure in all "
        "channels have 0.4 and more.",
    )
    min_channel_share: float = number(
        0.002,
        "ratio",
        "Minimum share of a channel in the gradient energy of its image, over that in the other image: true pairs have 0.06 "
        "and more, a missing channel 0.",
    )


def _shifted(pair: MeasuredPair[ChannelThresholds]) -> Iterator[QuarantineReason]:
    measured = pair.measurement
    shift = measured.channel_shift
    if shift is None or shift <= pair.thresholds.max_channel_shift or not _has_structure(measured):
        return
    image, _, channel = (measured.shifted_channel or "").partition(" ")
    text = (
        f"the {channel} channel of the {image} lies at least {shift:.1f} px off its others, unlike in the other image"
    )
    yield pair.reason(MISALIGNED, shift, "max_channel_shift", text)


def _mismatched(pair: MeasuredPair[ChannelThresholds]) -> Iterator[QuarantineReason]:
    measured = pair.measurement
    share, match, best = measured.missing_channel, measured.channel_match, measured.best_channel
    if share is not None and share < pair.thresholds.min_channel_share:
        text = "a channel of one image is empty, and the other image shows structure in it"
        yield pair.reason(CHANNELS_SWAPPED, share, "min_channel_share", text)
        return
    if (measured.channel_gain or 0.0) > pair.thresholds.min_channel_gain:
        return  # another order of the channels explains it
    if match is None or best is None or best < _LEAST_BEST or not _has_structure(measured):
        return
    if match < pair.thresholds.min_channel_match:
        text = "one channel of the input shows something else than that of the target, while the others match"
        yield pair.reason(CHANNELS_SWAPPED, match, "min_channel_match", text)


def _has_structure(measured: PairMeasurement) -> bool:
    return (measured.channel_energy or 0.0) >= _LEAST_ENERGY


SCORES: dict[str, Score] = {
    "channel_shift": lambda pair: pair.channel_shift,
    "channel_match": lambda pair: pair.channel_match,
}

CHECKS: tuple[Check[ChannelThresholds], ...] = (
    Check(
        MISALIGNED,
        "The input, or a channel of one image, is shifted or turned.",
        _shifted,
    ),
    Check(
        CHANNELS_SWAPPED,
        "The channels of one image are in another order, such as BGR for RGB, or one of them is missing or of another picture.",
        _mismatched,
    ),
)
