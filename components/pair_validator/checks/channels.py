"""Checks of single channels of an aligned pair: off its place, missing, negative, or of another picture.

The method was chosen on crops of the chosen half of the photographs and on pairs of the published sets; the thresholds were
raised after a look at what both halves condemned, so that no photograph is held out for them.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.pair_validator.checks.check import Check, MeasuredPair, QuarantineReason, Score
from components.pair_validator.checks.position import MISALIGNED
from components.pair_validator.checks.values import CHANNELS_SWAPPED, ValueThresholds
from components.pair_validator.threshold_fields import number

_LEAST_BEST = 0.2
"""Correlation of the gradients of the channel that matches best, from which another that does not match is at fault."""

_GREY_INPUT = 4.0
"""Mean difference of the channels of an input below which it lost its colour, grey levels: its channels then show the luma."""


class ChannelThresholds(ValueThresholds):
    """Thresholds on single channels."""

    max_channel_shift: float = number(
        1.5,
        "px",
        "Maximum distance of red or blue from its target, beyond that of green and its errors: true pairs reach 0.1, with "
        "haze before soft pictures 1.45.",
    )
    min_channel_contrast: float = number(
        0.25,
        "ratio",
        "Minimum contrast of the channel that shows least of its target, plus its errors, over that of the best: true pairs "
        "have 0.36 and more, a colour cast of 30% 0.5.",
    )
    min_channel_share: float = number(
        0.002,
        "ratio",
        "Minimum share of a channel in the gradient energy of its image, over that in the other image: true pairs have 0.05 "
        "and more, a missing channel 0.",
    )


def _shifted(pair: MeasuredPair[ChannelThresholds]) -> Iterator[QuarantineReason]:
    measured = pair.measurement
    shift = measured.channel_shift
    if shift is not None and shift > pair.thresholds.max_channel_shift:
        text = f"the {measured.shifted_channel} channel lies at least {shift:.1f} px off its target, while the others lie on it"
        yield pair.reason(MISALIGNED, shift, "max_channel_shift", text)


def _mismatched(pair: MeasuredPair[ChannelThresholds]) -> Iterator[QuarantineReason]:
    measured = pair.measurement
    share, contrast, best = measured.missing_channel, measured.channel_contrast, measured.best_channel
    if (measured.channel_gain or 0.0) > pair.thresholds.min_channel_gain:
        return  # another order of the channels explains it
    if share is not None and share < pair.thresholds.min_channel_share:
        text = "a channel of one image is empty, and the other image shows structure in it"
        yield pair.reason(CHANNELS_SWAPPED, share, "min_channel_share", text)
        return
    if contrast is None or best is None or best < _LEAST_BEST or (measured.input_colour or 0.0) < _GREY_INPUT:
        return
    if contrast < pair.thresholds.min_channel_contrast:
        text = "one channel of the input shows something else than that of the target, while the others match"
        yield pair.reason(CHANNELS_SWAPPED, contrast, "min_channel_contrast", text)


SCORES: dict[str, Score] = {
    "channel_shift": lambda pair: pair.channel_shift,
    "channel_contrast": lambda pair: pair.channel_contrast,
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
