"""Versions that did not load, and when each is tried again: once its files have changed and rest, or after a while.

A version that a tool copies slowly does not load at first. TF Serving tries such a version again as well.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

RETRY_SECONDS = 60.0
"""Seconds after which a version is tried again though its files have not changed: memory may have been short."""

_Files = frozenset[tuple[str, int, int]]
"""Path, size in bytes and time of change in ns of each file."""


@dataclass(slots=True)
class _Failure:
    problem: str
    tried: float
    tried_files: _Files
    seen_files: _Files


class FailedLoads:
    """The failed attempts, by number of the version."""

    def __init__(self) -> None:
        """Starts without a failure."""
        self._failures: dict[int, _Failure] = {}

    def note(self, number: int, folder: Path, problem: str) -> None:
        """Notes that a version did not load.

        Args:
            number: The version.
            folder: Its folder.
            problem: Why, in one line.
        """
        files = _files(folder)
        self._failures[number] = _Failure(problem, time.monotonic(), files, files)

    def may_try(self, number: int, folder: Path) -> bool:
        """Returns whether a version should be loaded now: for the first time, or again. To be called at each poll.

        Args:
            number: The version.
            folder: Its folder.
        """
        failure = self._failures.get(number)
        if failure is None or time.monotonic() - failure.tried > RETRY_SECONDS:
            return True
        files = _files(folder)
        is_resting = files == failure.seen_files
        failure.seen_files = files
        return is_resting and files != failure.tried_files

    def keep(self, numbers: Collection[int]) -> None:
        """Forgets all versions but some.

        Args:
            numbers: Those that are still there and not loaded.
        """
        self._failures = {number: failure for number, failure in self._failures.items() if number in numbers}

    @property
    def newest_problem(self) -> str:
        """Why the newest of these versions did not load; empty without any."""
        return self._failures[max(self._failures)].problem if self._failures else ""


def _files(folder: Path) -> _Files:
    """Returns what tells a change of a folder's files; a file that vanishes meanwhile is a change as well."""
    found = []
    for path in folder.rglob("*"):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        found.append((str(path.relative_to(folder)), status.st_size, status.st_mtime_ns))
    return frozenset(found)
