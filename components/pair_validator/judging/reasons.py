"""The reasons to quarantine a pair: a code for each check, and its meaning."""

from __future__ import annotations

from components.pair_validator.judging.verdicts import QuarantineReason
from components.pair_validator.measuring import decoding
from components.pair_validator.settings import PairThresholds, unit_of

MISSING_PARTNER = decoding.MISSING
NOT_AN_IMAGE = decoding.NOT_AN_IMAGE
UNDECODABLE = decoding.UNDECODABLE
BOMB = decoding.BOMB
SIZE_MISMATCH = "size_mismatch"
TOO_SMALL = "too_small"
MISALIGNED = "misaligned"
FLIPPED = "flipped"
SCALED = "scaled"
SWAPPED = "swapped"
UNRELATED = "unrelated"
NO_GROUND_TRUTH = "no_ground_truth"
DUPLICATE = "duplicate"
LEAK = "leak"

MEANINGS = {
    UNDECODABLE: "An image is damaged, cut short, or cannot be read.",
    NOT_AN_IMAGE: "A file is neither PNG nor JPEG, whatever its name says.",
    MISSING_PARTNER: "One of the two images is not there.",
    SIZE_MISMATCH: "The two images differ in size.",
    TOO_SMALL: "An image is too small for its position to be judged.",
    MISALIGNED: "The input is shifted or turned against its target.",
    FLIPPED: "The input is mirrored, upside down, or turned by a quarter or half turn.",
    SCALED: "The input is larger or smaller than its target shows it.",
    SWAPPED: "The target, not the input, is the degraded image.",
    UNRELATED: "The two images do not show the same scene.",
    NO_GROUND_TRUTH: "Both are the same picture up to compression: there is nothing to learn.",
    DUPLICATE: "The pair is in this split already, byte for byte or as the same weather on the same scene.",
    LEAK: "The scene is also in a split that is judged on.",
    BOMB: "A file has more bytes or pixels than may be decoded.",
}
"""Meaning of each code, as the reports of pairs print it."""


def threshold_reason(code: str, measured: float, thresholds: PairThresholds, name: str, text: str) -> QuarantineReason:
    """Returns the reason for a value that violates a threshold.

    Args:
        code: A key of `MEANINGS`.
        measured: The measured value, in the unit of the threshold.
        thresholds: The thresholds in force.
        name: Name of the violated threshold.
        text: The reason in one sentence.

    Returns:
        The reason, with the value rounded to 4 decimals.
    """
    return QuarantineReason(code, round(float(measured), 4), unit_of(name), float(getattr(thresholds, name)), text)
