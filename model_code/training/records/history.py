"""`history.json`: the curves and events of a training, for the run report and for a person."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.storage.files import write_whole
from model_code.training.records.history_content import HistoryContent, HistoryState, StepRow, ValidationRow

if TYPE_CHECKING:
    from model_code.training.validation import Scores

FILE_NAME = "history.json"
PARENT = "parent"
"""Key of the recipe: `PRODUCTION`, a starter's word or the path of the model that training started from; null for random."""
# Why training stopped:
COMPLETED = "completed"  # it took all steps
PLATEAU = "plateau"  # patience ran out
DIVERGED = "diverged"  # too many non-finite steps in a row
_ROWS = 200  # rows of `steps` in a whole training; each is the mean over the steps since the row before


class TrainingHistory:
    """Collects the curves and events of a training, and writes the file anew after each validation."""

    def __init__(
        self, path: Path, recipe: Mapping[str, Any], total_steps: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Starts the clock.

        Args:
            path: The file to write.
            recipe: Settings of the training, as plain JSON values.
            total_steps: Steps of the recipe.
            clock: Returns seconds; tests give their own.
        """
        self.path = path
        self._clock = clock
        self._start = clock()
        self._steps_per_row = math.ceil(total_steps / _ROWS)
        self._losses: list[float] = []  # of the steps since the last row
        self._terms: dict[str, list[float]] = {}
        self._earlier_seconds = 0.0  # of the process that this one resumes
        self._step_seconds = 0.0
        self._images = 0
        self._content: HistoryContent = {
            "recipe": dict(recipe),
            "steps": [],
            "validation": [],
            "best": None,
            "stopped": None,
            "plateau": None,
            "skipped_steps": 0,
            "rollbacks": [],
            "resumed_at": [],
            "seconds": 0.0,
            "images_per_second": 0.0,
        }

    @property
    def skipped_steps(self) -> int:
        """Steps skipped so far, because their loss or gradients were non-finite."""
        return self._content["skipped_steps"]

    @property
    def mean_loss(self) -> float:
        """Mean loss since the last row, or that row's if it is the last step's; NaN before the first step."""
        if self._losses:
            return sum(self._losses) / len(self._losses)
        return self._content["steps"][-1]["loss"] if self._content["steps"] else math.nan

    def record_step(
        self, step: int, loss: float, learning_rate: float, terms: Mapping[str, float] | None = None
    ) -> StepRow | None:
        """Records a finite step.

        Args:
            step: Steps taken, from 1.
            loss: Loss of the step.
            learning_rate: Learning rate of the step.
            terms: Each term of the loss before its weight, if there are several.

        Returns:
            The row of `steps` that the step completes; None if it completes none.
        """
        self._losses.append(loss)
        for name, value in (terms or {}).items():
            self._terms.setdefault(name, []).append(value)
        if step % self._steps_per_row:
            return None
        row: StepRow = {"step": step, "loss": self.mean_loss, "learning_rate": learning_rate}
        if self._terms:
            row["terms"] = {name: sum(values) / len(values) for name, values in self._terms.items()}
        self._content["steps"].append(row)
        self._losses, self._terms = [], {}
        return row

    def record_skipped_step(self) -> None:
        """Records a step that was skipped, because its loss or gradients were non-finite."""
        self._content["skipped_steps"] += 1

    def record_time(self, images: int, seconds: float) -> None:
        """Records the time of a step, validation excluded.

        Args:
            images: Number of patches in the batch.
            seconds: Duration of the step.
        """
        self._images += images
        self._step_seconds += seconds

    def record_validation(self, step: int, scores: Scores, *, is_best: bool) -> None:
        """Records a validation and writes the file.

        Args:
            step: Steps taken.
            scores: Means over the validation images.
            is_best: Whether it is the best so far.
        """
        row: ValidationRow = {
            "step": step,
            "psnr": scores.psnr,
            "ssim": scores.ssim,
            "gain_psnr": scores.gain_psnr,
            "gain_ssim": scores.gain_ssim,
            "seconds": self._seconds(),
        }
        if scores.degraded_gain_psnr is not None:
            row["degraded_gain_psnr"] = scores.degraded_gain_psnr
        if scores.clean_psnr is not None:
            row["clean_psnr"] = scores.clean_psnr
        self._content["validation"].append(row)
        if is_best:
            self._content["best"] = row
        self.write()

    def record_plateau(self, step: int, gain: float, validations: int) -> None:
        """Records when validation last improved.

        Args:
            step: Step of that validation.
            gain: Its gain in dB.
            validations: Number of validations after it.
        """
        self._content["plateau"] = {"since_step": step, "gain_psnr": gain, "validations": validations}

    def clear_plateau(self) -> None:
        """Records that validation improves."""
        self._content["plateau"] = None

    def record_resume(self, step: int) -> None:
        """Records that another process resumes training.

        Args:
            step: Steps taken before.
        """
        self._content["resumed_at"].append(step)

    def record_rollback(self, from_step: int, to_step: int, factor: float, skipped_steps: int) -> None:
        """Records a rollback.

        Args:
            from_step: The step that failed.
            to_step: The step of the checkpoint.
            factor: Multiplies the learning rate from now on.
            skipped_steps: Steps skipped so far, in all; the rollback does not undo their count.
        """
        self._content["rollbacks"].append({"from_step": from_step, "to_step": to_step, "learning_rate_share": factor})
        self._content["skipped_steps"] = skipped_steps

    def stop(self, reason: str) -> HistoryContent:
        """Records why training stopped, writes the file and returns its content.

        Args:
            reason: `COMPLETED`, `PLATEAU` or `DIVERGED`.

        Returns:
            The content of `history.json`.
        """
        self._content["stopped"] = reason
        self.write()
        return self._content

    def write(self) -> None:
        """Writes the file, whole or not at all."""
        self._content["seconds"] = self._seconds()
        self._content["images_per_second"] = round(self._images / self._step_seconds, 2) if self._step_seconds else 0.0
        write_whole(self.path, json.dumps(self._content, indent=1, allow_nan=False) + "\n")

    def state_dict(self) -> HistoryState:
        """Returns the state as plain JSON values, for a checkpoint."""
        return {
            "content": self._content,
            "losses": self._losses,
            "terms": self._terms,
            "images": self._images,
            "step_seconds": self._step_seconds,
            "seconds": self._seconds(),
        }

    def load_state_dict(self, state: HistoryState) -> None:
        """Continues from a checkpoint; the recipe stays that of this training.

        Args:
            state: From `state_dict`.
        """
        state = copy.deepcopy(state)
        self._content = {**state["content"], "recipe": self._content["recipe"]}
        self._losses, self._terms = state["losses"], state["terms"]
        self._images, self._step_seconds = state["images"], state["step_seconds"]
        self._earlier_seconds, self._start = state["seconds"], self._clock()

    def _seconds(self) -> float:
        return round(self._earlier_seconds + self._clock() - self._start, 2)
