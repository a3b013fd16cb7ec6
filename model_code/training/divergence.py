"""Handles non-finite steps: skip them, then roll back to half the learning rate, then stop."""

from __future__ import annotations

from enum import Enum
from typing import TypedDict

from model_code.settings import DivergenceSettings


class TrainingDivergedError(RuntimeError):
    """Loss or gradients stayed non-finite for too many steps in a row, at lower learning rates too."""


class StepAction(Enum):
    """What training does after a step."""

    CONTINUE = "continue"
    ROLL_BACK = "roll back"
    STOP = "stop"


class GuardState(TypedDict):
    """State of `DivergenceGuard` as plain JSON values."""

    rollbacks: int
    learning_rate_factor: float
    nonfinite_steps: int


class DivergenceGuard:
    """Counts non-finite steps in a row and the rollbacks that they caused.

    Attributes:
        learning_rate_factor: Multiplies the learning rate; each rollback halves it.
        nonfinite_steps: Non-finite steps since the last finite one.
    """

    def __init__(self, settings: DivergenceSettings) -> None:
        """Starts at the full learning rate.

        Args:
            settings: How many non-finite steps and rollbacks to allow.
        """
        self._settings = settings
        self._rollbacks = 0
        self.learning_rate_factor = 1.0
        self.nonfinite_steps = 0

    def observe(self, is_finite: bool) -> StepAction:
        """Records a step and returns the action that follows.

        Args:
            is_finite: Whether its loss and gradients were finite.

        Returns:
            What the training loop does next: go on, roll back or stop.
        """
        self.nonfinite_steps = 0 if is_finite else self.nonfinite_steps + 1
        if self.nonfinite_steps < self._settings.max_nonfinite_steps:
            return StepAction.CONTINUE
        return StepAction.ROLL_BACK if self._rollbacks < self._settings.max_rollbacks else StepAction.STOP

    def record_rollback(self) -> None:
        """Records that training is back at the last checkpoint, and halves the learning rate."""
        self._rollbacks += 1
        self.learning_rate_factor /= 2.0
        self.nonfinite_steps = 0

    def error(self, step: int) -> TrainingDivergedError:
        """Returns the error that stops training.

        Args:
            step: The last step.
        """
        rollbacks = f", after {self._rollbacks} rollbacks to lower learning rates," if self._rollbacks else ""
        return TrainingDivergedError(
            f"training: loss or gradient not finite in {self.nonfinite_steps} steps in a row{rollbacks} up to step {step}; "
            "lower train.stages[].learning_rate, or look for broken pairs in the data"
        )

    def state_dict(self) -> GuardState:
        """Returns the state as plain JSON values, for a checkpoint."""
        return {
            "rollbacks": self._rollbacks,
            "learning_rate_factor": self.learning_rate_factor,
            "nonfinite_steps": self.nonfinite_steps,
        }

    def load_state_dict(self, state: GuardState) -> None:
        """Continues from a checkpoint.

        Args:
            state: From `state_dict`.
        """
        self._rollbacks = state["rollbacks"]
        self.learning_rate_factor = state["learning_rate_factor"]
        self.nonfinite_steps = state["nonfinite_steps"]
