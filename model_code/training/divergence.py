"""What is done about steps that are no numbers: skip, then roll back to half the learning rate, then give up."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from model_code.settings import GuardSettings


class TrainingDivergedError(RuntimeError):
    """Loss or gradients stayed non-finite for too many steps in a row, at lower learning rates too."""


class Verdict(Enum):
    """What follows from a step."""

    GO_ON = "go on"
    ROLL_BACK = "roll back"
    GIVE_UP = "give up"


class Guard:
    """Counts bad steps in a row, and how often training was rolled back for them.

    Attributes:
        rate_share: What the learning rate is multiplied by; halved by each rollback.
        in_a_row: Bad steps since the last good one.
    """

    def __init__(self, settings: GuardSettings) -> None:
        """Starts with the full learning rate."""
        self._settings = settings
        self._rollbacks = 0
        self.rate_share = 1.0
        self.in_a_row = 0

    def observe(self, finite: bool) -> Verdict:
        """Takes in whether a step's loss and gradients were finite."""
        self.in_a_row = 0 if finite else self.in_a_row + 1
        if self.in_a_row < self._settings.bad_steps:
            return Verdict.GO_ON
        return Verdict.ROLL_BACK if self._rollbacks < self._settings.rollbacks else Verdict.GIVE_UP

    def rolled_back(self) -> None:
        """Takes in that training stands at the last good checkpoint again."""
        self._rollbacks += 1
        self.rate_share /= 2.0
        self.in_a_row = 0

    def error(self, step: int) -> TrainingDivergedError:
        """Returns what to say when giving up.

        Args:
            step: The last one.
        """
        tried = f", after {self._rollbacks} rollbacks to lower learning rates," if self._rollbacks else ""
        return TrainingDivergedError(
            f"training: loss or gradient not finite in {self.in_a_row} steps in a row{tried} up to step {step}; lower "
            "train.stages[].learning_rate, or look for broken pairs in the data"
        )

    def told(self) -> dict[str, Any]:
        """Returns where it stands, as plain JSON values."""
        return {"rollbacks": self._rollbacks, "rate_share": self.rate_share, "in_a_row": self.in_a_row}

    def recall(self, told: Mapping[str, Any]) -> None:
        """Takes up where `told` left off."""
        self._rollbacks, self.rate_share, self.in_a_row = told["rollbacks"], told["rate_share"], told["in_a_row"]
