"""What a training leaves behind to be read: `history.json`."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from data.files import write_whole
from model_code.validation import Scores

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
        self._step_seconds = 0.0
        self._images = 0
        self._content: dict[str, Any] = {
            "recipe": dict(recipe),
            "steps": [],
            "validation": [],
            "best": None,
            "stopped": None,
            "skipped_steps": 0,
            "seconds": 0.0,
            "images_per_second": 0.0,
        }

    def step(self, step: int, loss: float, learning_rate: float) -> None:
        """Takes in a step that counted; `step` from 1."""
        self._losses.append(loss)
        if step % self._rows_every == 0:
            row = {"step": step, "loss": self.loss, "learning_rate": learning_rate}
            self._content["steps"].append(row)
            self._losses = []

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
        return round(self._clock() - self._start, 2)
