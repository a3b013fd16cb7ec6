"""Third step of three (measure, score, judge): compares scores with thresholds. It reads no pixel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from components.pair_validator.judging.duplicates_and_leaks import PairSummary, find_duplicates_and_leaks, summarise
from components.pair_validator.judging.reasons import (
    BOMB,
    FLIPPED,
    MISALIGNED,
    NO_GROUND_TRUTH,
    SCALED,
    SIZE_MISMATCH,
    SWAPPED,
    TOO_SMALL,
    UNRELATED,
    threshold_reason,
)
from components.pair_validator.judging.score import score
from components.pair_validator.judging.verdicts import OK, QUARANTINED, QuarantineReason
from components.pair_validator.measuring import decoding
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.settings import PairLimits, PairThresholds

STANDARD_ERRORS = 3.0
"""A displacement counts where it exceeds this many of its own standard errors: a vague estimate quarantines no pair."""


@dataclass(frozen=True, slots=True)
class PairJudgement:
    """The verdict on one pair.

    Attributes:
        pair_id: Id of the pair.
        verdict: "ok" or "quarantined".
        reasons: Checks that the pair failed; empty where it is ok.
    """

    pair_id: str
    verdict: str
    reasons: tuple[QuarantineReason, ...]


def judge_pairs(
    measured: Iterable[tuple[PairMeasurement, str, str]],
    thresholds: PairThresholds,
    limits: PairLimits | None = None,
) -> list[PairJudgement]:
    """Judges each pair on its own, and those that pass against each other.

    Args:
        measured: (measurement, split, scene id) of every pair. Iterated once; only a summary of each pair stays in memory.
        thresholds: The thresholds in force.
        limits: The limits that `measure` had, for the reasons of files that exceed them.

    Returns:
        One judgement per pair, in the order of `measured`.
    """
    ids: list[str] = []
    reasons: list[list[QuarantineReason]] = []
    summaries: list[PairSummary] = []
    positions: list[int] = []
    for measurement, split, scene_id in measured:
        own = judge_pair(measurement, thresholds, limits)
        if not own:
            positions.append(len(ids))
            summaries.append(summarise(measurement, split, scene_id))
        ids.append(measurement.pair_id)
        reasons.append(own)
    for index, across in find_duplicates_and_leaks(summaries, thresholds).items():
        reasons[positions[index]] = across
    return [
        PairJudgement(pair_id, QUARANTINED if why else OK, tuple(why))
        for pair_id, why in zip(ids, reasons, strict=True)
    ]


def judge_pair(
    measurement: PairMeasurement, thresholds: PairThresholds, limits: PairLimits | None = None
) -> list[QuarantineReason]:
    """Judges one pair on its own.

    Args:
        measurement: Measurement of the pair.
        thresholds: The thresholds in force.
        limits: The limits that `measure` had; the defaults where omitted.

    Returns:
        The checks that the pair failed; empty where it is ok. Checks that need aligned images run on aligned images only: an
        unreadable file, different sizes or a flip end the judgement.

    Example:
        >>> from components.pair_validator.measuring.pair_measurement import PairMeasurement
        >>> from components.pair_validator.settings import PairThresholds
        >>> pair = PairMeasurement("rain/1", "ok", "ok", input_height=128, input_width=96, target_height=128, target_width=128)
        >>> [reason.code for reason in judge_pair(pair, PairThresholds())]
        ['size_mismatch']
    """
    broken = _files(measurement, limits or PairLimits())
    if broken:
        return broken
    scores = score(measurement)
    sizes = _sizes(measurement, scores, thresholds)
    flips = _flips(measurement, scores, thresholds)
    if sizes or flips:
        return sizes + flips
    position = _position(measurement, scores, thresholds)
    return position or _roles(measurement, scores, thresholds)


Scores = dict[str, float | None]


def _files(measurement: PairMeasurement, limits: PairLimits) -> list[QuarantineReason]:
    sides = (
        ("input", measurement.input_status, measurement.input_problem, measurement.input_bytes),
        ("target", measurement.target_status, measurement.target_problem, measurement.target_bytes),
    )
    pixels = {
        "input": measurement.input_height * measurement.input_width,
        "target": measurement.target_height * measurement.target_width,
    }
    reasons = []
    for side, status, problem, size in sides:
        if status == BOMB and size > limits.max_bytes:
            reasons.append(QuarantineReason(BOMB, size, "bytes", limits.max_bytes, f"the {side} has {problem}"))
        elif status == BOMB:
            reasons.append(
                QuarantineReason(BOMB, pixels[side], "pixels", limits.max_pixels, f"the {side} has {problem}")
            )
        elif status != decoding.OK:
            reasons.append(QuarantineReason(status, status, "status", decoding.OK, f"the {side}: {problem}"))
    return reasons


def _sizes(measurement: PairMeasurement, scores: Scores, thresholds: PairThresholds) -> list[QuarantineReason]:
    reasons = []
    rows = abs(measurement.input_height - measurement.target_height)
    columns = abs(measurement.input_width - measurement.target_width)
    if rows or columns:
        text = (
            f"the input is {measurement.input_width} x {measurement.input_height} pixels, "
            f"the target {measurement.target_width} x {measurement.target_height}"
        )
        reasons.append(QuarantineReason(SIZE_MISMATCH, float(max(rows, columns)), "px", 0.0, text))
    side = scores["min_side"]
    if side is not None and side < thresholds.min_side:
        reasons.append(
            threshold_reason(TOO_SMALL, side, thresholds, "min_side", f"one side has only {side:.0f} pixels")
        )
    return reasons


def _flips(measurement: PairMeasurement, scores: Scores, thresholds: PairThresholds) -> list[QuarantineReason]:
    flip, peak = scores["flip"], measurement.orientation_snr
    if flip is None or peak is None or peak < thresholds.min_match or flip < thresholds.min_flip_ratio:
        return []
    text = f"the input matches its target {measurement.orientation}, {flip:.1f} times as well as upright"
    return [threshold_reason(FLIPPED, flip, thresholds, "min_flip_ratio", text)]


def _position(measurement: PairMeasurement, scores: Scores, thresholds: PairThresholds) -> list[QuarantineReason]:
    if not _displaced(measurement, scores, thresholds):
        return _unrelated(scores, thresholds)
    kinds = (
        (SCALED, "zoom", "max_zoom", f"by a zoom of {measurement.zoom:.4f}, at its corners"),
        (MISALIGNED, "shift", "max_shift", f"by {measurement.shift_y:+.2f} rows, {measurement.shift_x:+.2f} columns"),
        (MISALIGNED, "rotation", "max_rotation", f"by a turn of {measurement.rotation:+.2f} degrees, at its corners"),
    )
    reasons: dict[str, QuarantineReason] = {}
    largest: dict[str, float] = {}
    for code, name, threshold, how in kinds:
        value = scores[name] or 0.0
        if value > max(getattr(thresholds, threshold), largest.get(code, 0.0)):
            largest[code] = value
            text = f"the input lies {value:.2f} px off its target, {how}"
            reasons[code] = threshold_reason(code, value, thresholds, threshold, text)
    return list(reasons.values())


def _unrelated(scores: Scores, thresholds: PairThresholds) -> list[QuarantineReason]:
    identity, lowpass = scores["identity"], scores["lowpass"]
    if identity is None or lowpass is None:
        return []
    if identity >= thresholds.min_match or lowpass >= thresholds.max_unrelated_correlation:
        return []
    text = "the input does not match its target, however it is shifted, zoomed, turned or flipped"
    return [threshold_reason(UNRELATED, identity, thresholds, "min_match", text)]


def _displaced(measurement: PairMeasurement, scores: Scores, thresholds: PairThresholds) -> bool:
    """Returns whether the measured displacement, of any size, is reliable."""
    match, evidence, agreement, error = (
        measurement.match_snr,
        scores["position_evidence"],
        scores["agreement"],
        scores["position_error"],
    )
    if match is None or evidence is None or agreement is None or error is None:
        return False
    largest = max(scores[name] or 0.0 for name in ("shift", "zoom", "rotation"))
    return (
        match >= thresholds.min_match
        and evidence >= thresholds.min_evidence
        and agreement >= thresholds.min_agreement
        and largest > STANDARD_ERRORS * error
    )


def _roles(measurement: PairMeasurement, scores: Scores, thresholds: PairThresholds) -> list[QuarantineReason]:
    change, swap = scores["same_change"], scores["swap"]
    if change is not None and change < thresholds.max_same_change:
        text = (
            f"both are the same picture, up to compression: 8 x 8 means change by {change:.2f} grey levels at most "
            f"in 99% of it (PSNR {measurement.input_psnr:.1f} dB)"
        )
        return [threshold_reason(NO_GROUND_TRUTH, change, thresholds, "max_same_change", text)]
    # Only aligned images show which of them is the degraded one.
    matched = (measurement.identity_snr or 0.0) >= thresholds.min_match
    if matched and swap is not None and swap > thresholds.min_swap_evidence:
        text = "the target, not the input, is the degraded image"
        return [threshold_reason(SWAPPED, swap, thresholds, "min_swap_evidence", text)]
    return []
