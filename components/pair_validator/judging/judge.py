"""Third step of three (measure, score, judge): compares scores with thresholds. It reads no pixel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from components.pair_validator.checks.across_pairs import (
    NearPairs,
    PairSummary,
    find_duplicates_and_leaks,
    near_scenes,
    summarise,
)
from components.pair_validator.checks.check import MeasuredPair
from components.pair_validator.checks.registry import STAGES, PairThresholds
from components.pair_validator.judging.verdicts import OK, QUARANTINED, QuarantineReason
from components.pair_validator.limits import PairLimits
from components.pair_validator.measuring.pair_measurement import PairMeasurement

_NONE: Sequence[QuarantineReason] = ()
"""Shared by all pairs that pass: a million empty lists take 56 MB."""


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
    near: NearPairs = near_scenes,
) -> list[PairJudgement]:
    """Judges each pair on its own, and those that pass against each other.

    Args:
        measured: (measurement, split, scene id) of every pair. Iterated once; only a summary of each pair stays in memory.
        thresholds: The thresholds in force.
        limits: The limits that `measure` had, for the reasons of files that exceed them.
        near: Finds the near scenes.

    Returns:
        One judgement per pair, in the order of `measured`.
    """
    ids: list[str] = []
    reasons: list[Sequence[QuarantineReason]] = []
    summaries: list[PairSummary] = []
    positions: list[int] = []
    for measurement, split, scene_id in measured:
        own = judge_pair(measurement, thresholds, limits)
        if not own:
            positions.append(len(ids))
            summaries.append(summarise(measurement, split, scene_id))
        ids.append(measurement.pair_id)
        reasons.append(own or _NONE)
    for index, across in find_duplicates_and_leaks(summaries, thresholds, near).items():
        reasons[positions[index]] = across
    del summaries, positions
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
    pair = MeasuredPair(measurement, thresholds, limits or PairLimits())
    for stage in STAGES:
        if reasons := [reason for check in stage for reason in check.rule(pair)]:
            return reasons
    return []
