"""Which pairs a person should look at: the worst of each reason, and of those that passed, the ones that nearly did not."""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass, field

from components.pair_validator.judging.score import score
from components.pair_validator.judging.verdicts import PairVerdict, QuarantineReason
from components.pair_validator.measuring.measure import PairMeasurement
from components.pair_validator.settings import PairThresholds

# Pairs that are shown for each reason, and of those that passed.
PER_REASON = 4
NEARLY = 4
# Scores whose nearness to their threshold says that a pair was a close call: (score, threshold).
_CLOSE = (("shift", "max_shift"), ("zoom", "max_zoom"), ("rotation", "max_rotation"), ("flip", "min_flip_ratio"))

Ranked = tuple[float, str, PairVerdict]


@dataclass(slots=True)
class Worst:
    """The pairs to show, gathered as verdicts go by; a few dozen are held.

    Attributes:
        thresholds: Those that the verdicts were made by.
    """

    thresholds: PairThresholds
    _bad: dict[str, list[Ranked]] = field(default_factory=lambda: defaultdict(list))
    _close: list[Ranked] = field(default_factory=list)

    def add(self, verdict: PairVerdict) -> None:
        """Looks at one verdict and keeps it where it is among the worst so far."""
        if verdict.ok:
            _keep(self._close, (self._nearness(verdict), verdict.pair_id, verdict), NEARLY)
            return
        # Under its first reason only: nobody needs to see a pair twice.
        reason = verdict.reasons[0]
        _keep(self._bad[reason.code], (_excess(reason), verdict.pair_id, verdict), PER_REASON)

    def by_reason(self) -> dict[str, list[PairVerdict]]:
        """Returns the worst pairs of each code, the worst first."""
        return {code: [verdict for *_, verdict in sorted(found, reverse=True)] for code, found in self._bad.items()}

    def nearly(self) -> list[PairVerdict]:
        """Returns the pairs that passed but came nearest to a threshold of position, the nearest first."""
        return [verdict for *_, verdict in sorted(self._close, reverse=True)]

    def _nearness(self, verdict: PairVerdict) -> float:
        scores = score(PairMeasurement.from_json(verdict.measurements))
        return max((scores[name] or 0.0) / float(getattr(self.thresholds, bound)) for name, bound in _CLOSE)


def _keep(found: list[Ranked], entry: Ranked, most: int) -> None:
    heapq.heappush(found, entry)
    if len(found) > most:
        heapq.heappop(found)


def _excess(reason: QuarantineReason) -> float:
    """Returns how far a value lies beyond its threshold, as a ratio in either direction; 0 where neither is a number."""
    if not isinstance(reason.measured, float | int) or not isinstance(reason.threshold, float | int):
        return 0.0
    low, high = sorted((abs(reason.measured), abs(reason.threshold)))
    return high / max(low, 1e-3)
