"""Judges a canary while it answers: failures, times and odd images beside those of production on the other requests."""

from __future__ import annotations

import statistics
import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Literal

from pipeline.serving.model.batching import ModelCall
from pipeline.serving.rollout.canary.evidence import exceeds
from pipeline.serving.rollout.settings import CanarySettings

WINDOW = 1000
"""Images of the canary after which counting begins anew, so that a fault that comes late is not outweighed by a good past."""

_RECENT = 200
# A median: half of equally fast images lie above it.
_HALF = 0.5
_NAMED = 3

Kind = Literal["failed", "slow", "odd"]


@dataclass(slots=True)
class _Side:
    """What one of the two versions did since counting began.

    Attributes:
        images: Images that it restored, or failed for.
        failed: Those that it failed for.
        measured: Images whose answers were measured.
        odd: Odd ones of them.
    """

    images: int = 0
    failed: int = 0
    measured: int = 0
    odd: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to become of a canary.

    Attributes:
        passes: Whether it answers every request from now on, or none.
        reason: Why, in a sentence.
    """

    passes: bool
    reason: str


@dataclass(slots=True)
class _Names:
    """Names of errors and of broken measures, with how often each came."""

    errors: Counter[str] = field(default_factory=Counter)
    measures: Counter[str] = field(default_factory=Counter)


class Judge:
    """Counts what two versions do and decides once. All methods may be called by any thread.

    Attributes:
        decision: The decision; None before there is one.
        answered: Images that the canary restored, all in all.
    """

    def __init__(self, settings: CanarySettings) -> None:
        """Starts with nothing seen.

        Args:
            settings: Limits and numbers of images.
        """
        self.decision: Decision | None = None
        self.answered = 0
        self._settings = settings
        self._lock = threading.Lock()
        self._times: deque[float] = deque(maxlen=_RECENT)  # of production, seconds per computed pixel
        self._canary, self._production, self._names = _Side(), _Side(), _Names()
        self._timed = self._slow = 0

    def count(self, call: ModelCall, is_canary: bool) -> None:
        """Counts a finished call.

        Args:
            call: The call.
            is_canary: Whether it is the canary's.
        """
        with self._lock:
            side = self._canary if is_canary else self._production
            side.images += len(call.images)
            if call.error is not None:
                side.failed += len(call.images)
                if is_canary:
                    self._names.errors[type(call.error).__name__] += len(call.images)
            else:
                self._time(call, is_canary)
            self._decide()

    def count_measured(self, broken: list[str], is_canary: bool) -> None:
        """Counts an image whose answer was measured.

        Args:
            broken: Names of the measures that are out of their ranges.
            is_canary: Whether the canary answered.
        """
        with self._lock:
            side = self._canary if is_canary else self._production
            side.measured += 1
            side.odd += bool(broken)
            if is_canary:
                self._names.measures.update(broken)
            self._decide()

    def refuse(self, reason: str) -> None:
        """Decides against the canary for a reason that is not counted.

        Args:
            reason: The reason.
        """
        with self._lock:
            self.decision = self.decision or Decision(False, reason)

    def wants_production(self) -> bool:
        """Returns whether fewer of production's answers than of the canary's were measured; more are of little use."""
        with self._lock:
            return self._production.measured < self._canary.measured + self._settings.least

    def expected_seconds(self, pixels: int) -> float | None:
        """Returns how long production takes for so many computed pixels; None while too little is known.

        Args:
            pixels: Pixels that the network computes.
        """
        with self._lock:
            median = self._median()
            return None if median is None else median * pixels

    def _time(self, call: ModelCall, is_canary: bool) -> None:
        seconds = call.seconds / sum(call.model.tiling.computed_pixels(*image.shape[:2]) for image in call.images)
        if not is_canary:
            self._times.extend([seconds] * len(call.images))
            return
        self.answered += len(call.images)
        median = self._median()
        if median is not None:
            self._timed += len(call.images)
            self._slow += len(call.images) * (seconds > self._settings.max_slowdown * median)

    def _median(self) -> float | None:
        return statistics.median(self._times) if len(self._times) >= self._settings.least else None

    def _decide(self) -> None:
        """Decides where the counts allow it; the caller holds the lock."""
        if self.decision is not None:
            return
        problem = self._problem()
        if problem:
            self.decision = Decision(False, problem)
        elif self._may_pass():
            self.decision = Decision(True, f"{self.answered} images in bounds")
        elif self._canary.images >= WINDOW:
            self._canary, self._production, self._names = _Side(), _Side(), _Names()
            self._timed = self._slow = 0

    def _problem(self) -> str:
        """Returns what is out of bounds beyond chance; empty where nothing is."""
        canary, production, least = self._canary, self._production, self._settings.least
        if min(canary.images, production.images) >= least and exceeds(
            canary.failed, canary.images, self._limit("failed")
        ):
            return (
                f"failed for {canary.failed} of {canary.images} images ({_most(self._names.errors)}); the version in "
                f"production for {production.failed} of {production.images}"
            )
        if min(canary.measured, production.measured) >= least and exceeds(
            canary.odd, canary.measured, self._limit("odd")
        ):
            return (
                f"{canary.odd} of {canary.measured} images are odd ({_most(self._names.measures)} out of bounds); of the "
                f"version in production {production.odd} of {production.measured}"
            )
        if self._timed >= least and exceeds(self._slow, self._timed, _HALF):
            return (
                f"{self._slow} of {self._timed} images took more than {self._settings.max_slowdown:g} times the median of "
                "the version in production"
            )
        return ""

    def _may_pass(self) -> bool:
        """Returns whether the canary answered enough, and all shares are within their limits."""
        promote, least, canary = self._settings.promote, self._settings.least, self._canary
        if promote is None or self.answered < promote:
            return False
        if min(canary.images, canary.measured, self._timed, self._production.measured) < least:
            return False
        return (
            canary.failed <= self._limit("failed") * canary.images
            and canary.odd <= self._limit("odd") * canary.measured
            and self._slow <= _HALF * self._timed
        )

    def _limit(self, kind: Kind) -> float:
        """Returns the largest share that is allowed: production's own, and what the canary may have beyond it."""
        side = self._production
        if kind == "failed":
            return self._settings.max_failed + (side.failed / side.images if side.images else 0.0)
        return self._settings.max_odd + (side.odd / side.measured if side.measured else 0.0)


def _most(names: Counter[str]) -> str:
    return ", ".join(name for name, _ in names.most_common(_NAMED))
