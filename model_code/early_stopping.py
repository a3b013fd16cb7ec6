"""Which weights were best, and when to stop looking for better ones."""

from __future__ import annotations

import math


class EarlyStopping:
    """Follows the gain over doing nothing from one validation to the next.

    Attributes:
        best: The highest gain so far, in dB; minus infinity before the first.
    """

    def __init__(self, patience: int, min_delta: float) -> None:
        """Starts afresh.

        Args:
            patience: Validations without progress after which to stop; 0: never.
            min_delta: Gain in dB that counts as progress; less may still be the best, but does not buy more time.
        """
        self._patience = patience
        self._min_delta = min_delta
        self._mark = -math.inf
        self._stale = 0
        self.best = -math.inf

    def observe(self, gain: float) -> bool:
        """Takes in a validation's gain in dB and returns whether it is the best so far."""
        self._stale += 1
        if gain > self._mark + self._min_delta:
            self._mark, self._stale = gain, 0
        better = gain > self.best
        self.best = max(self.best, gain)
        return better

    @property
    def exhausted(self) -> bool:
        """Whether patience has run out."""
        return 0 < self._patience <= self._stale
