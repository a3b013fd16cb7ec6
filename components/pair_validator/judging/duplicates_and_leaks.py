"""What can only be seen across pairs: duplicates in a split, and scenes that two splits share.

Of each pair, only a summary of about 300 bytes is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from components.pair_validator.judging.reasons import DUPLICATE, LEAK, held_against
from components.pair_validator.judging.verdicts import QuarantineReason
from components.pair_validator.measuring.duplicates import hash_distance, near_pairs
from components.pair_validator.measuring.measure import PairMeasurement
from components.pair_validator.settings import PairThresholds

# From the least protected split to the most: of two pairs that show one scene, the less protected one has to go. The names
# are those of `data.records.SPLITS`, which cannot be imported here because it needs TensorFlow; a test compares them.
PROTECTION = ("train", "validation", "evaluation")
# Share by which the strength of two changes may differ for them to be the same weather, saved twice.
SAME_STRENGTH = 0.05
# Grey levels by which the mean of two changes may differ for the same.
SAME_MEAN = 0.5


@dataclass(frozen=True, slots=True)
class PairSummary:
    """What is kept of a pair to compare it with all others; see `PairMeasurement` for the fields."""

    pair_id: str
    split: str
    scene_id: str
    input_sha256: str | None
    scene_hash: str | None
    change_hash: str | None
    change_typical: float
    mean_change: float


def summarise(measurement: PairMeasurement, split: str, scene_id: str) -> PairSummary:
    """Keeps of a measured pair what the comparison with others needs.

    Args:
        measurement: Of the pair.
        split: The split it is in; empty where there are none, and nothing can leak then.
        scene_id: Its scene; empty where it is not known.
    """
    return PairSummary(
        pair_id=measurement.pair_id,
        split=split,
        scene_id=scene_id,
        input_sha256=measurement.input_sha256,
        scene_hash=measurement.scene_hash,
        change_hash=measurement.change_hash,
        change_typical=measurement.change_typical or 0.0,
        mean_change=measurement.mean_change or 0.0,
    )


def across_reasons(summaries: Sequence[PairSummary], thresholds: PairThresholds) -> dict[int, list[QuarantineReason]]:
    """Finds duplicates and leaks.

    A duplicate is a pair whose input was seen in an earlier pair of the same split, byte for byte, or which shows the same
    weather on the same scene; the first one stays. A leak is a pair whose scene, mirrored or not, is also in a split that is
    more protected; that other one stays.

    Args:
        summaries: Of all pairs that passed on their own, in their order.
        thresholds: The thresholds in force.

    Returns:
        Reasons by position in `summaries`; one of each code at most.
    """
    found: dict[int, dict[str, QuarantineReason]] = {}
    for index, reason in _exact(summaries, thresholds):
        found.setdefault(index, {}).setdefault(reason.code, reason)
    for index, reason in _near(summaries, thresholds):
        found.setdefault(index, {}).setdefault(reason.code, reason)
    return {index: list(reasons.values()) for index, reasons in found.items()}


def _exact(summaries: Sequence[PairSummary], thresholds: PairThresholds) -> Iterator[tuple[int, QuarantineReason]]:
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


def _near(summaries: Sequence[PairSummary], thresholds: PairThresholds) -> Iterator[tuple[int, QuarantineReason]]:
    hashed = [(index, pair.scene_hash) for index, pair in enumerate(summaries) if pair.scene_hash]
    limit = max(thresholds.max_scene_distance, thresholds.max_duplicate_distance)
    for one, two, distance in near_pairs([scene_hash for _, scene_hash in hashed], limit, mirrored=True):
        first, second = hashed[one][0], hashed[two][0]
        if summaries[first].split == summaries[second].split:
            change = _same_change(summaries[first], summaries[second], thresholds)
            if change is not None:
                text = f"it shows the same weather on the same scene as {summaries[first].pair_id}"
                yield second, _duplicate(change, thresholds, text)
        elif distance <= thresholds.max_scene_distance and summaries[first].split and summaries[second].split:
            low, high = sorted((first, second), key=lambda index: _protection(summaries[index]))
            yield low, _leak(distance, thresholds, summaries[high], "the scene, or its mirror image,")


def _same_change(one: PairSummary, two: PairSummary, thresholds: PairThresholds) -> float | None:
    """Returns how far two changes of the same scene differ, None where that is too far for a duplicate."""
    if not (one.change_hash and two.change_hash and one.scene_hash and two.scene_hash):
        return None
    stronger = max(one.change_typical, two.change_typical)
    if abs(one.change_typical - two.change_typical) > SAME_STRENGTH * stronger:
        return None
    if abs(one.mean_change - two.mean_change) > SAME_MEAN:
        return None
    distance = max(hash_distance(one.change_hash, two.change_hash), hash_distance(one.scene_hash, two.scene_hash))
    return distance if distance <= thresholds.max_duplicate_distance else None


def _protection(pair: PairSummary) -> int:
    return PROTECTION.index(pair.split) if pair.split in PROTECTION else -1


def _duplicate(distance: float, thresholds: PairThresholds, text: str) -> QuarantineReason:
    return held_against(DUPLICATE, distance, thresholds, "max_duplicate_distance", text)


def _leak(distance: float, thresholds: PairThresholds, other: PairSummary, what: str) -> QuarantineReason:
    text = f"{what} is also in split {other.split}, as {other.pair_id}"
    return held_against(LEAK, distance, thresholds, "max_scene_distance", text)
