"""Which weights were best, and when to stop looking for better ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


class EarlyStopping:
    """Follows the gain over doing nothing from one validation to the next.

    Attributes:
        best: The highest gain so far, in dB; minus infinity before the first.
        mark: The last gain that counted as progress, likewise.
        mark_step: The step of that validation.
        stale: Validations since then.
    """

    def __init__(self, patience: int, min_delta: float) -> None:
        """Starts afresh.

        Args:
            patience: Validations without progress after which to stop; 0: never.
            min_delta: Gain in dB that counts as progress; less may still be the best, but does not buy more time.
        """
        self._patience = patience
        self._min_delta = min_delta
        self.mark = -math.inf
        self.mark_step = 0
        self.stale = 0
        self.best = -math.inf

    def observe(self, gain: float, step: int = 0) -> bool:
        """Takes in a validation's gain in dB, and after how many steps; returns whether it is the best so far."""
        self.stale += 1
        if gain > self.mark + self._min_delta:
            self.mark, self.mark_step, self.stale = gain, step, 0
        better = gain > self.best
        self.best = max(self.best, gain)
        return better

    def told(self) -> dict[str, Any]:
        """Returns where it stands, as plain JSON values: what a checkpoint holds."""
        return {"best": _plain(self.best), "mark": _plain(self.mark), "step": self.mark_step, "stale": self.stale}

    def recall(self, told: Mapping[str, Any]) -> None:
        """Takes up where `told` left off."""
        self.best, self.mark = (-math.inf if told[name] is None else told[name] for name in ("best", "mark"))
        self.mark_step, self.stale = told["step"], told["stale"]

    @property
    def exhausted(self) -> bool:
        """Whether patience has run out."""
        return 0 < self._patience <= self.stale


def _plain(gain: float) -> float | None:
    return gain if math.isfinite(gain) else None
