"""The push destination as a canary's server looks at it every second: nothing is read again that did not change."""

from __future__ import annotations

from pathlib import Path

from components.production import denials, registry
from components.production.denials import Denial
from components.production.registry import Version


class WatchedDestination:
    """Remembers versions and denied models of a push destination."""

    def __init__(self) -> None:
        """Starts with nothing read."""
        self._versions: dict[int, Version] = {}
        self._state: object = None
        self._denied: dict[str, Denial] = {}

    def numbers(self, models: Path) -> list[int]:
        """Returns the numbers of the versions, ascending, and forgets those that are gone.

        Args:
            models: The push destination.
        """
        numbers = registry.numbers_in(models)
        self._versions = {number: version for number, version in self._versions.items() if number in numbers}
        return numbers

    def version(self, models: Path, number: int) -> Version:
        """Returns a version; it is read once, because one without a record has to be read whole for its digest.

        Args:
            models: The push destination.
            number: The version.
        """
        if number not in self._versions:
            self._versions[number] = registry.read_version(models, number)
        return self._versions[number]

    def denied(self, models: Path) -> dict[str, Denial]:
        """Returns the denied models; they are read when their file changes, because a damaged one gives a warning each time.

        Args:
            models: The push destination.
        """
        path = models / denials.FILE_NAME
        status = path.stat() if path.exists() else None
        state = (status and (status.st_mtime_ns, status.st_size, status.st_ino), tuple(registry.numbers_in(models)))
        if self._state != state:
            self._state, self._denied = state, registry.denied_in(models)
        return self._denied
