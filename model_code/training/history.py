"""What a training leaves behind to be read: `history.json`."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from data.files import write_whole
from model_code.training.validation import Scores

FILE_NAME = "history.json"
COMPLETED = "completed"  # all steps were taken
PLATEAU = "plateau"  # patience ran out
DIVERGED = "diverged"  # too many bad steps in a row
_ROWS = 200  # points that a curve needs; a row of `steps` is the mean over the steps since the row before


class History:
    """Collects the curves and writes them, whole, each time they have grown by a validation."""

    def __init__(
        self, path: Path, recipe: Mapping[str, Any], total_steps: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Starts the clock.

        Args:
            path: The file to write.
            recipe: All that the training was told, as plain JSON values.
            total_steps: Steps of the recipe.
            clock: Seconds.
        """
        self._path = path
        self._clock = clock
        self._start = clock()
        self._rows_every = math.ceil(total_steps / _ROWS)
        self._losses: list[float] = []
        self._terms: dict[str, list[float]] = {}
        self._seconds_before = 0.0
        self._step_seconds = 0.0
        self._images = 0
        self._content: dict[str, Any] = {
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

    def step(
        self, step: int, loss: float, learning_rate: float, terms: Mapping[str, float] | None = None
    ) -> dict[str, Any] | None:
        """Takes in a step that counted and returns the row that it completes, if any.

        Args:
            step: From 1.
            loss: Of the step.
            learning_rate: Of the step.
            terms: Each term of the loss before its weight, where there are several.
        """
        self._losses.append(loss)
        for name, value in (terms or {}).items():
            self._terms.setdefault(name, []).append(value)
        if step % self._rows_every:
            return None
        row: dict[str, Any] = {"step": step, "loss": self.loss, "learning_rate": learning_rate}
        if self._terms:
            row["terms"] = {name: sum(values) / len(values) for name, values in self._terms.items()}
        self._content["steps"].append(row)
        self._losses, self._terms = [], {}
        return row

    def told(self) -> dict[str, Any]:
        """Returns all that is known so far, as plain JSON values: what a checkpoint holds."""
        return {
            "content": self._content,
            "losses": self._losses,
            "terms": self._terms,
            "images": self._images,
            "step_seconds": self._step_seconds,
            "seconds": self._seconds(),
        }

    def recall(self, told: Mapping[str, Any]) -> None:
        """Takes up where `told` left off; the recipe stays that of this training."""
        told = copy.deepcopy(dict(told))
        self._content = {**told["content"], "recipe": self._content["recipe"]}
        self._losses, self._terms = told["losses"], told["terms"]
        self._images, self._step_seconds = told["images"], told["step_seconds"]
        self._seconds_before, self._start = told["seconds"], self._clock()

    def resumed(self, step: int) -> None:
        """Takes in that another process goes on after a step."""
        self._content["resumed_at"].append(step)

    def rolled_back(self, rollback: Mapping[str, Any], skipped: int) -> None:
        """Takes in a rollback, and how many steps were skipped in all so far, which it does not undo."""
        self._content["rollbacks"].append(dict(rollback))
        self._content["skipped_steps"] = skipped

    @property
    def skipped_steps(self) -> int:
        """Steps that did not count, so far."""
        return self._content["skipped_steps"]

    def plateau(self, step: int | None, gain: float = 0.0, validations: int = 0) -> None:
        """Takes in since when validations have not gained more.

        Args:
            step: Of the last validation that did; None where training is on no plateau.
            gain: Its gain in dB.
            validations: How many came after it.
        """
        plateau = {"since_step": step, "gain_psnr": gain, "validations": validations}
        self._content["plateau"] = None if step is None else plateau

    @property
    def path(self) -> Path:
        """The file that is written."""
        return self._path

    def skipped(self) -> None:
        """Takes in a step that did not count."""
        self._content["skipped_steps"] += 1

    def timed(self, images: int, seconds: float) -> None:
        """Takes in how long training (not validation) took for so many patches."""
        self._images += images
        self._step_seconds += seconds

    def validated(self, step: int, scores: Scores, *, best: bool) -> None:
        """Takes in a validation and writes the file."""
        row = {"step": step, **dataclasses.asdict(scores), "seconds": self._seconds()}
        self._content["validation"].append(row)
        if best:
            self._content["best"] = row
        self.write()

    def stopped(self, reason: str) -> dict[str, Any]:
        """Takes in why training ended, writes the file and returns its content."""
        self._content["stopped"] = reason
        self.write()
        return self._content

    @property
    def loss(self) -> float:
        """Mean loss since the last row; of that row right after it."""
        if self._losses:
            return sum(self._losses) / len(self._losses)
        return self._content["steps"][-1]["loss"] if self._content["steps"] else math.nan

    def write(self) -> None:
        """Writes the file, whole."""
        self._content["seconds"] = self._seconds()
        self._content["images_per_second"] = round(self._images / self._step_seconds, 2) if self._step_seconds else 0.0
        write_whole(self._path, json.dumps(self._content, indent=1, allow_nan=False) + "\n")

    def _seconds(self) -> float:
        return round(self._seconds_before + self._clock() - self._start, 2)
