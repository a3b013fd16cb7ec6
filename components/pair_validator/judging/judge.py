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
from components.pair_validator.checks.patches import FOREIGN_SETTING
from components.pair_validator.checks.registry import STAGES, PairThresholds
from components.pair_validator.checks.values import LOW_QUALITY_TARGET
from components.pair_validator.judging.direction import DirectionPool, SetDirection
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
    return judge_sets(measured, thresholds, limits, near).pairs


@dataclass(frozen=True, slots=True)
class Judgements:
    """The verdicts on all pairs.

    Attributes:
        pairs: One for each pair, in their order.
        directions: For each set of pairs, whether its inputs are the degraded images, by name of the set.
    """

    pairs: list[PairJudgement]
    directions: dict[str, SetDirection]


def judge_sets(
    measured: Iterable[tuple[PairMeasurement, str, str]],
    thresholds: PairThresholds,
    limits: PairLimits | None = None,
    near: NearPairs = near_scenes,
) -> Judgements:
    """Judges each pair on its own, then the roles in each set, and those that pass against each other.

    Args:
        measured: (measurement, split, scene id) of every pair. Iterated once; only a summary of each pair stays in memory.
        thresholds: The thresholds in force.
        limits: The limits that `measure` had, for the reasons of files that exceed them.
        near: Finds the near scenes.

    Returns:
        The verdicts on pairs, and what was found of each set.
    """
    ids: list[str] = []
    reasons: list[Sequence[QuarantineReason]] = []
    summaries: dict[int, PairSummary] = {}
    pool = DirectionPool(thresholds)
    for index, (measurement, split, scene_id) in enumerate(measured):
        own = _own_reasons(measurement, thresholds, limits)
        if all(map(_may_be_swapped, own)):
            pool.add(index, measurement)
        if not own:
            summaries[index] = summarise(measurement, split, scene_id)
        ids.append(measurement.pair_id)
        reasons.append(own or _NONE)
    swapped, directions = pool.judge()
    for index, reason in swapped.items():
        reasons[index] = [reason]
        summaries.pop(index, None)
    positions = list(summaries)
    for index, across in find_duplicates_and_leaks(list(summaries.values()), thresholds, near).items():
        reasons[positions[index]] = across
    del summaries, positions, pool
    judgements = [
        PairJudgement(pair_id, QUARANTINED if why else OK, tuple(why))
        for pair_id, why in zip(ids, reasons, strict=True)
    ]
    return Judgements(judgements, {direction.name: direction for direction in directions})


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
        unreadable file, different sizes or a flip end the judgement. The pair is a set of its own, so that it has to be plain
        that it is swapped.

    Example:
        >>> from components.pair_validator.measuring.pair_measurement import PairMeasurement
        >>> from components.pair_validator.settings import PairThresholds
        >>> pair = PairMeasurement("rain/1", "ok", "ok", input_height=128, input_width=96, target_height=128, target_width=128)
        >>> [reason.code for reason in judge_pair(pair, PairThresholds())]
        ['size_mismatch']
    """
    (judgement,) = judge_pairs([(measurement, "", "")], thresholds, limits)
    return list(judgement.reasons)


def _may_be_swapped(reason: QuarantineReason) -> bool:
    """Returns whether a degraded image in the place of the target has it too: it is of low quality and hides parts."""
    return reason.code == LOW_QUALITY_TARGET or reason.setting == FOREIGN_SETTING


def _own_reasons(
    measurement: PairMeasurement, thresholds: PairThresholds, limits: PairLimits | None
) -> list[QuarantineReason]:
    """Returns the reasons of the first stage that has any."""
    pair = MeasuredPair(measurement, thresholds, limits or PairLimits())
    for stage in STAGES:
        if reasons := [reason for check in stage for reason in check.rule(pair)]:
            return reasons
    return []
