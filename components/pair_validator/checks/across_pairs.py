"""Compares pairs with each other: duplicates within a split, and scenes that two splits share.

It holds a summary of about 500 bytes per pair in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from components.pair_validator.checks.check import QuarantineReason, threshold_reason
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.threshold_fields import number
from data import features
from data.image.hashing import hash_distance, near_pairs
from data.strict_model import StrictModel

DUPLICATE = "duplicate"
LEAK = "leak"

MEANINGS = {
    DUPLICATE: "The input is in this split already, byte for byte or saved again.",
    LEAK: "The scene is also in a split that is judged on.",
}
"""Meaning of each code, as the reports of pairs print it."""

PROTECTION = features.SPLITS
"""Splits from the least protected to the most; of two pairs of one scene, the less protected one is quarantined."""

SAME_STRENGTH = 0.05
"""Largest relative difference in strength of two changes that count as the same weather, saved twice."""

SAME_MEAN = 0.5
"""Largest difference of the means of two such changes, in grey levels."""

SAME_INPUT = 1.5
"""Largest root mean square difference of two inputs that are one picture saved twice, in grey levels of the means of 8 x 8
parts: compression and a slight resize change them by less than 1, another haze or another light by more than 2."""


class AcrossThresholds(StrictModel):
    """Thresholds on how alike two pairs are."""

    max_duplicate_distance: float = number(
        0.1,
        "share",
        "Maximum share of differing hash bits between the degradations of two duplicates: different rain on one scene "
        "differs in 0.3 to 0.5.",
    )
    max_scene_distance: float = number(
        0.15,
        "share",
        "Maximum share of differing hash bits between two targets of one scene, mirrored or not: different scenes "
        "differ in 0.35 to 0.5.",
    )


@dataclass(frozen=True, slots=True)
class PairSummary:
    """The values by which a pair is compared with all others; see `PairMeasurement` for the fields."""

    pair_id: str
    split: str
    scene_id: str
    input_sha256: str | None
    scene_hash: str | None
    change_hash: str | None
    input_signature: str | None
    change_typical: float
    mean_change: float


def summarise(measurement: PairMeasurement, split: str, scene_id: str) -> PairSummary:
    """Returns the summary of a measured pair.

    Args:
        measurement: Measurement of the pair.
        split: Its split; empty where the data has no splits, so that no scene can leak.
        scene_id: Its scene; empty where the scene is unknown.

    Returns:
        The summary; values that were not measured are 0 or None.
    """
    return PairSummary(
        pair_id=measurement.pair_id,
        split=split,
        scene_id=scene_id,
        input_sha256=measurement.input_sha256,
        scene_hash=measurement.scene_hash,
        change_hash=measurement.change_hash,
        input_signature=measurement.input_signature,
        change_typical=measurement.change_typical or 0.0,
        mean_change=measurement.mean_change or 0.0,
    )


NearPairs = Callable[[Sequence[str], float], Iterable[tuple[int, int, float]]]
"""Finds every two scene hashes that lie within a distance, mirrored or not: (i, j, distance) with i < j, sorted."""


def near_scenes(hashes: Sequence[str], limit: float) -> Iterator[tuple[int, int, float]]:
    """Finds near scenes in this process; the cost grows with the square of their number.

    Args:
        hashes: Scene hashes.
        limit: Largest distance, as a share of bits.

    Returns:
        See `NearPairs`.
    """
    return near_pairs(hashes, limit, allow_mirrored=True)


def find_duplicates_and_leaks(
    summaries: Sequence[PairSummary], thresholds: AcrossThresholds, near: NearPairs = near_scenes
) -> dict[int, list[QuarantineReason]]:
    """Finds duplicates and leaks.

    A duplicate has the input of an earlier pair of its split, byte for byte or saved again; the earlier pair stays. Another
    weather over the same scene is none. A leak shows a scene, mirrored or not, that a more protected split shows too; the pair
    in that split stays.

    Args:
        summaries: Summaries of all pairs that passed on their own, in order.
        thresholds: The thresholds in force.
        near: Finds the near scenes.

    Returns:
        Reasons by position in `summaries`, at most one of each code.
    """
    reasons: dict[int, dict[str, QuarantineReason]] = {}
    for index, reason in _exact(summaries, thresholds):
        reasons.setdefault(index, {}).setdefault(reason.code, reason)
    for index, reason in _near(summaries, thresholds, near):
        reasons.setdefault(index, {}).setdefault(reason.code, reason)
    return {index: list(by_code.values()) for index, by_code in reasons.items()}


def _exact(summaries: Sequence[PairSummary], thresholds: AcrossThresholds) -> Iterator[tuple[int, QuarantineReason]]:
    first: dict[tuple[str, str | None], str] = {}
    guarded: dict[str, PairSummary] = {}
    for index, pair in enumerate(summaries):
        other = first.setdefault((pair.split, pair.input_sha256), pair.pair_id)
        if other != pair.pair_id and pair.input_sha256:
            yield index, _duplicate(0.0, thresholds, f"its input is, byte for byte, that of {other}")
        known = guarded.get(pair.scene_id)
        if known is None or _protection(pair) > _protection(known):
            guarded[pair.scene_id] = pair
    for index, pair in enumerate(summaries):
        other_pair = guarded[pair.scene_id]
        if pair.scene_id and _protection(pair) < _protection(other_pair):
            yield index, _leak(0.0, thresholds, other_pair, f"scene {pair.scene_id}")


def _near(
    summaries: Sequence[PairSummary], thresholds: AcrossThresholds, near: NearPairs
) -> Iterator[tuple[int, QuarantineReason]]:
    hashed = [(index, pair.scene_hash) for index, pair in enumerate(summaries) if pair.scene_hash]
    limit = max(thresholds.max_scene_distance, thresholds.max_duplicate_distance)
    for one, two, distance in near([scene_hash for _, scene_hash in hashed], limit):
        first, second = hashed[one][0], hashed[two][0]
        if summaries[first].split == summaries[second].split:
            change = _same_change(summaries[first], summaries[second], thresholds)
            if change is not None:
                text = f"its input is that of {summaries[first].pair_id}, saved again"
                yield second, _duplicate(change, thresholds, text)
        elif distance <= thresholds.max_scene_distance and summaries[first].split and summaries[second].split:
            low, high = sorted((first, second), key=lambda index: _protection(summaries[index]))
            yield low, _leak(distance, thresholds, summaries[high], "the scene, or its mirror image,")


def _same_change(one: PairSummary, two: PairSummary, thresholds: AcrossThresholds) -> float | None:
    """Returns the distance of two changes of one scene, 0 to 1; None where they differ too much for a duplicate."""
    if not (one.change_hash and two.change_hash and one.scene_hash and two.scene_hash):
        return None
    stronger = max(one.change_typical, two.change_typical)
    if abs(one.change_typical - two.change_typical) > SAME_STRENGTH * stronger:
        return None
    if abs(one.mean_change - two.mean_change) > SAME_MEAN or not _is_same_input(one, two):
        return None
    distance = max(hash_distance(one.change_hash, two.change_hash), hash_distance(one.scene_hash, two.scene_hash))
    return distance if distance <= thresholds.max_duplicate_distance else None


def _is_same_input(one: PairSummary, two: PairSummary) -> bool:
    """Returns whether two inputs are one picture at thumbnail size; where one has no signature, its hashes alone decide."""
    if one.input_signature is None or two.input_signature is None:
        return True
    first, second = (
        np.frombuffer(bytes.fromhex(pair.input_signature or ""), np.uint8).astype(np.float64) for pair in (one, two)
    )
    return float(np.sqrt(np.square(first - second).mean())) <= SAME_INPUT


def _protection(pair: PairSummary) -> int:
    return PROTECTION.index(pair.split) if pair.split in PROTECTION else -1


def _duplicate(distance: float, thresholds: AcrossThresholds, text: str) -> QuarantineReason:
    return threshold_reason(DUPLICATE, distance, thresholds, "max_duplicate_distance", text)


def _leak(distance: float, thresholds: AcrossThresholds, other: PairSummary, what: str) -> QuarantineReason:
    text = f"{what} is also in split {other.split}, as {other.pair_id}"
    return threshold_reason(LEAK, distance, thresholds, "max_scene_distance", text)
