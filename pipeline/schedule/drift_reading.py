"""What `ast-restore data drift` says about the newest requests of a server, for a schedule.

It runs as a child process: TensorFlow Data Validation takes seconds of a processor and half a gigabyte, which a schedule that
waits for months must not hold, and SIGTERM ends a child at once.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from data.errors import InputError
from data.plain_text import one_line
from pipeline import exit_codes

RUN_CHILD = Callable[[Sequence[str], IO[bytes]], int]
"""Runs `ast-restore` with arguments and returns its exit code; its stderr goes to the file."""

READING_NAME = "drift.json"
"""Name of the file beside the status that has the newest comparison, as `data drift --json` writes it."""

RELEASE = 0.8
"""A drift lasts until every distance is at most this share of its threshold: a distance that wavers around the threshold is
one drift and not many."""


@dataclass(frozen=True, slots=True)
class DriftReading:
    """A comparison of the newest requests with the accepted training data.

    Attributes:
        sentence: The largest distance in words, with its threshold, the number of images and what they are compared with.
        ratio: The largest ratio of a distance to its threshold.
    """

    sentence: str
    ratio: float

    @property
    def has_drifted(self) -> bool:
        """Whether a distance exceeds its threshold."""
        return self.ratio > 1

    @property
    def is_over(self) -> bool:
        """Whether a drift that was there before has ended."""
        return self.ratio <= RELEASE


class NotJudgedError(Exception):
    """The requests cannot be compared. The message says why in one line: too few of them, for example."""


@dataclass(frozen=True, slots=True)
class DriftSource:
    """The requests that a schedule watches, and what they are compared with.

    Attributes:
        log: Folder of `serve --log-measurements`.
        data_set: Folder of the accepted statistics of the runs' data set.
        hours: Only requests of the last hours count.
        min_images: Fewest requests to judge.
        file: Where the comparison is written.
    """

    log: Path
    data_set: Path
    hours: float
    min_images: int
    file: Path

    def read(self, run_child: RUN_CHILD) -> DriftReading:
        """Compares the newest requests with the accepted training data.

        Args:
            run_child: Runs the command.

        Raises:
            NotJudgedError: There are too few requests, nothing to compare them with, or a log is damaged.
        """
        self.file.unlink(missing_ok=True)
        arguments = ["data", "drift", str(self.log), "--statistics", str(self.data_set), "--hours", f"{self.hours:g}",
                     "--min-images", str(self.min_images), "--json", str(self.file)]  # fmt: skip
        with tempfile.TemporaryFile() as errors:
            code = run_child(arguments, errors)
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
        if code not in (0, exit_codes.DATA_REFUSED) or not self.file.is_file():
            why = said.removeprefix("ast-restore: ") or f"`ast-restore data drift` ended with code {code}"
            raise NotJudgedError(one_line(why, 400))
        return reading_of(self.file)


def reading_of(file: Path) -> DriftReading:
    """Reads what `data drift --json` wrote.

    Args:
        file: The file.

    Raises:
        NotJudgedError: No measurement has a threshold.
    """
    result = json.loads(file.read_text(encoding="utf-8"))
    bounded = [
        each
        for each in result["features"]
        if each["distance"] is not None and each["threshold"] is not None and each["threshold"] < 1
    ]
    if not bounded:
        raise NotJudgedError("no measurement of the requests has a threshold in pipeline/schema/measurements.pbtxt")
    worst = max(bounded, key=lambda each: each["distance"] / each["threshold"])
    sentence = (
        f"{worst['feature']} {worst['distance']:.2f} (threshold {worst['threshold']:.2f}) in {result['images']} requests, "
        f"against {result['against']}"
    )
    return DriftReading(sentence, worst["distance"] / worst["threshold"])


def require_log(log: Path) -> None:
    """Checks that the folder of a server's log exists, so that a wrong name is not waited for in silence.

    Args:
        log: Folder of `serve --log-measurements`.

    Raises:
        InputError: There is no such folder.
    """
    if not log.is_dir():
        raise InputError(
            f"--on-drift {log}: no such folder; name that of `serve --log-measurements`, which the server makes at its start"
        )
