"""Checks of the files: whether both are there, are images, and can be decoded within the limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from components.pair_validator.checks.check import Check, MeasuredPair, QuarantineReason
from components.pair_validator.measuring import decoding
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from data.strict_model import StrictModel

MISSING_PARTNER = decoding.MISSING
NOT_AN_IMAGE = decoding.NOT_AN_IMAGE
UNDECODABLE = decoding.UNDECODABLE
BOMB = decoding.BOMB
OTHER_PROFILE = decoding.OTHER_PROFILE


def _with_status(status: str) -> Callable[[MeasuredPair[StrictModel]], Iterator[QuarantineReason]]:
    def rule(pair: MeasuredPair[StrictModel]) -> Iterator[QuarantineReason]:
        for side, problem, _, _ in _sides(pair.measurement, status):
            yield QuarantineReason(status, status, "status", decoding.OK, f"the {side}: {problem}")

    return rule


def _bombs(pair: MeasuredPair[StrictModel]) -> Iterator[QuarantineReason]:
    limits = pair.limits
    for side, problem, size, pixels in _sides(pair.measurement, BOMB):
        if size > limits.max_bytes:
            yield QuarantineReason(BOMB, size, "bytes", limits.max_bytes, f"the {side} has {problem}")
        else:
            yield QuarantineReason(BOMB, pixels, "pixels", limits.max_pixels, f"the {side} has {problem}")


def _sides(pair: PairMeasurement, status: str) -> Iterator[tuple[str, str, int, int]]:
    """Yields name, problem, bytes and pixels of each image that has a status."""
    if pair.input_status == status:
        yield "input", pair.input_problem, pair.input_bytes, pair.input_height * pair.input_width
    if pair.target_status == status:
        yield "target", pair.target_problem, pair.target_bytes, pair.target_height * pair.target_width


CHECKS: tuple[Check[StrictModel], ...] = (
    Check(MISSING_PARTNER, "One of the two images is not there.", _with_status(MISSING_PARTNER)),
    Check(UNDECODABLE, "An image is damaged, cut short, or cannot be read.", _with_status(UNDECODABLE)),
    Check(NOT_AN_IMAGE, "A file is neither PNG nor JPEG, whatever its name says.", _with_status(NOT_AN_IMAGE)),
    Check(OTHER_PROFILE, "Input and target have different colour profiles.", _with_status(OTHER_PROFILE)),
    Check(BOMB, "A file has more bytes or pixels than may be decoded.", _bombs),
)
