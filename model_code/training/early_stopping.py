"""Early stopping: which validation was the best, and when further training is not worth its time."""

from __future__ import annotations

import math
from typing import TypedDict


class EarlyStoppingState(TypedDict):
    """State of `EarlyStopping` as plain JSON values; None stands for minus infinity."""

    best_gain: float | None
    progress_gain: float | None
    progress_step: int
    stale_validations: int


class EarlyStopping:
    """Follows the validation gain (dB of PSNR over the input) and counts validations without progress.

    Attributes:
        best_gain: Highest gain so far in dB; minus infinity before the first validation.
        progress_gain: Gain in dB of the last validation that counted as progress; minus infinity before the first.
        progress_step: Step of that validation.
        stale_validations: Validations since that one.
    """

    def __init__(self, patience: int, min_delta: float) -> None:
        """Starts without a validation.

        Args:
            patience: Validations without progress after which training stops; 0 never stops it.
            min_delta: Increase of the gain in dB that counts as progress. A smaller increase may be the best so far but does
                not reset patience.
        """
        self._patience = patience
        self._min_delta = min_delta
        self.progress_gain = -math.inf
        self.progress_step = 0
        self.stale_validations = 0
        self.best_gain = -math.inf

    def observe(self, gain: float, step: int = 0) -> bool:
        """Records a validation.

        Args:
            gain: In dB.
            step: Steps taken before it.

        Returns:
            Whether it is the best so far.
        """
        self.stale_validations += 1
        if gain > self.progress_gain + self._min_delta:
            self.progress_gain, self.progress_step, self.stale_validations = gain, step, 0
        is_best = gain > self.best_gain
        self.best_gain = max(self.best_gain, gain)
        return is_best

    @property
    def is_exhausted(self) -> bool:
        """Whether patience has run out."""
        return 0 < self._patience <= self.stale_validations

    def state_dict(self) -> EarlyStoppingState:
        """Returns the state as plain JSON values, for a checkpoint."""
        return {
            "best_gain": _finite_or_none(self.best_gain),
            "progress_gain": _finite_or_none(self.progress_gain),
            "progress_step": self.progress_step,
            "stale_validations": self.stale_validations,
        }

    def load_state_dict(self, state: EarlyStoppingState) -> None:
        """Continues from a checkpoint.

        Args:
            state: From `state_dict`.
        """
        self.best_gain = _or_minus_infinity(state["best_gain"])
        self.progress_gain = _or_minus_infinity(state["progress_gain"])
        self.progress_step, self.stale_validations = state["progress_step"], state["stale_validations"]


def _finite_or_none(gain: float) -> float | None:
    return gain if math.isfinite(gain) else None


def _or_minus_infinity(gain: float | None) -> float:
    return -math.inf if gain is None else gain
