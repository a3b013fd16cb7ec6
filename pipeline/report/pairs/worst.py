"""Chooses the pairs that the report shows: the worst of each reason, and the passed ones nearest to a threshold."""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass, field

from components.pair_validator.judging.score import score
from components.pair_validator.judging.verdicts import PairVerdict, QuarantineReason
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.settings import PairThresholds

# Numbers of pairs to show: for each reason, and of the passed ones.
PER_REASON = 4
CLOSE_CALLS = 4
# Scores that make a passed pair a close call, each with its threshold.
_SCORES = (("shift", "max_shift"), ("zoom", "max_zoom"), ("rotation", "max_rotation"), ("flip", "min_flip_ratio"))

Ranked = tuple[float, str, PairVerdict]


@dataclass(slots=True)
class WorstPairs:
    """Collects the pairs to show from verdicts; it holds a few dozen at most.

    Attributes:
        thresholds: The thresholds behind the verdicts.
    """

    thresholds: PairThresholds
    _quarantined: dict[str, list[Ranked]] = field(default_factory=lambda: defaultdict(list))
    _passed: list[Ranked] = field(default_factory=list)

    def add(self, verdict: PairVerdict) -> None:
        """Keeps a verdict that is among the worst so far."""
        if verdict.ok:
            _keep(self._passed, (self._nearness(verdict), verdict.pair_id, verdict), CLOSE_CALLS)
            return
        # Only under its first reason, so that no pair is shown twice.
        reason = verdict.reasons[0]
        _keep(self._quarantined[reason.code], (_excess(reason), verdict.pair_id, verdict), PER_REASON)

    def by_reason(self) -> dict[str, list[PairVerdict]]:
        """Returns the worst pairs by code, the worst first."""
        return {
            code: [verdict for *_, verdict in sorted(ranked, reverse=True)]
            for code, ranked in self._quarantined.items()
        }

    def close_calls(self) -> list[PairVerdict]:
        """Returns the passed pairs that came nearest to a threshold of alignment, the nearest first."""
        return [verdict for *_, verdict in sorted(self._passed, reverse=True)]

    def _nearness(self, verdict: PairVerdict) -> float:
        scores = score(PairMeasurement.from_json(verdict.measurements))
        return max((scores[name] or 0.0) / float(getattr(self.thresholds, bound)) for name, bound in _SCORES)


def _keep(largest: list[Ranked], entry: Ranked, most: int) -> None:
    heapq.heappush(largest, entry)
    if len(largest) > most:
        heapq.heappop(largest)


def _excess(reason: QuarantineReason) -> float:
    """Returns the ratio of a value to its threshold, or its inverse if that is larger; 0 where one is not a number."""
    if not isinstance(reason.measured, float | int) or not isinstance(reason.threshold, float | int):
        return 0.0
    low, high = sorted((abs(reason.measured), abs(reason.threshold)))
    return high / max(low, 1e-3)
