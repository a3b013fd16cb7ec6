"""Loads the production model, and every later version, without losing a request.

A request uses the model that is current when the request begins, and keeps it to its end. An old model is freed when its last
request ends.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from components.production.registry import numbers_in
from model_code.saved_model.loading import damage_named
from pipeline.periodic import periodically
from pipeline.serving.model.failed_loads import FailedLoads
from pipeline.serving.model.loading import Loader, problem_of
from pipeline.serving.model.served_model import ServedModel

POLL_SECONDS = 1.0
# Longer than loading a version takes.
_SILENT_SECONDS = 120.0

_log = logging.getLogger("ast-restore serve")


class ModelReloader:
    """Holds the served model and replaces it by newer versions.

    Attributes:
        current: The served model; None before the first one is loaded.
        has_dropped: Whether a model is not served any more whose memory was not collected yet.
    """

    def __init__(self, loader: Loader, on_load: Callable[[bool], None]) -> None:
        """Starts without a model.

        Args:
            loader: Loads a version.
            on_load: Called after each attempt to load a version, with whether it succeeded.
        """
        self.current: ServedModel | None = None
        self._problem = "no model is loaded yet"
        self.loader = loader
        self._on_load = on_load
        self._failed = FailedLoads()
        self._polled: float | None = None  # when, by the monotonic clock; None: nothing is polled
        self.has_dropped = False

    def serve_folder(self, folder: Path) -> None:
        """Loads the one model that is served from now on.

        Args:
            folder: Folder of the SavedModel; its name is the version if it is a number, else the version is 1.

        Raises:
            InputError: The folder holds no SavedModel of a restorer, a damaged one, or one that is not signed as it has to be.
        """
        name = folder.resolve().name
        with damage_named(folder):
            self.replace(self.loader.read(folder, int(name) if name.isdecimal() else 1))
            self._on_load(True)

    def poll(self, models: Path) -> None:
        """Loads the newest version if it is not the current one; where it does not load, the next older one down to that.

        Only the number of a version is compared: a version without a record would have to be read whole for more.

        Args:
            models: The push destination.
        """
        self.collect()
        numbers = numbers_in(models)
        for number in reversed(numbers):
            if self.current is not None and number == self.current.number:
                break
            if self.may_try(models, number) and self.load(models / str(number), number):
                break
        self.note(models, numbers)

    def choose(self) -> ServedModel | None:
        """Returns the version for the next request."""
        return self.current

    def find(self, number: str) -> ServedModel | None:
        """Returns the version with a number; None where it is not served.

        Args:
            number: As a URL has it.
        """
        return self.current if self.current is not None and str(self.current.number) == number else None

    def used(self, model: ServedModel) -> AbstractContextManager[None]:
        """Returns a context that lasts as long as a request uses a version.

        Args:
            model: The version.
        """
        del model
        return nullcontext()

    @property
    def canary(self) -> str:
        """What a canary does, in words; empty for a server that has none."""
        return ""

    def collect(self) -> None:
        """Frees a model that is not served any more; its graph is in reference cycles, which may live long otherwise."""
        if self.has_dropped:
            gc.collect()
            self.has_dropped = False

    def may_try(self, models: Path, number: int) -> bool:
        """Returns whether a version should be loaded now: for the first time, or again.

        Args:
            models: The push destination.
            number: The version.
        """
        return self._failed.may_try(number, models / str(number))

    def note(self, models: Path, numbers: Sequence[int], problem: str = "") -> None:
        """Notes what keeps a version from being served.

        Args:
            models: The push destination.
            numbers: The versions in it.
            problem: A problem that goes first; empty for none.
        """
        served = self.current.number if self.current else None
        self._failed.keep([number for number in numbers if served not in numbers or number > (served or 0)])
        self._problem = problem or self._failed.newest_problem or _missing(models, numbers, served)

    @property
    def problem(self) -> str:
        """Why there is no model, why a newer version was not loaded, or why none would be noticed; empty if all is well."""
        if self._polled is None:
            return self._problem
        silent = time.monotonic() - self._polled
        return f"versions were looked for {silent:.0f} s ago" if silent > _SILENT_SECONDS else self._problem

    @contextmanager
    def polling(self, models: Path) -> Iterator[None]:
        """Polls every second, in a thread of its own, while the context lasts.

        Args:
            models: The push destination.
        """
        self._polled = time.monotonic()
        with periodically(lambda: self._poll_safely(models), POLL_SECONDS, "model-reloader", at_once=True):
            yield

    def _poll_safely(self, models: Path) -> None:
        """Polls; whatever a folder or a disk does, it must not end the polling, and must be seen."""
        try:
            self.poll(models)
        except Exception as error:
            problem = f"{models}: cannot be watched for versions: {problem_of(error)}"
            if problem != self._problem:
                _log.error("%s", problem)
            self._problem = problem
        self._polled = time.monotonic()

    def load(self, folder: Path, number: int) -> bool:
        """Loads a version and serves it; returns whether it succeeded.

        Args:
            folder: Its folder.
            number: The version.
        """
        model = self.read(folder, number)
        if model is not None:
            self.replace(model)
        return model is not None

    def read(self, folder: Path, number: int) -> ServedModel | None:
        """Loads a version; returns None, and notes why, where it does not load.

        Args:
            folder: Its folder.
            number: The version.
        """
        try:
            model = self.loader.read(folder, number)
        # A damaged SavedModel makes TensorFlow raise errors of many classes: OSError, ValueError, KeyError, its own ...
        except Exception as error:
            self._report_failure(folder, number, error)
            return None
        self._on_load(True)
        return model

    def replace(self, model: ServedModel) -> None:
        """Serves a version from now on.

        Args:
            model: The version.
        """
        self.has_dropped = self.current is not None
        self.current, self._problem = model, ""
        _log.info("serving version %d", model.number)

    def _report_failure(self, folder: Path, number: int, error: Exception) -> None:
        problem = f"version {number} cannot be loaded: {problem_of(error)}"
        self._failed.note(number, folder, problem)
        self._on_load(False)
        served = f"version {self.current.number} is still served" if self.current else "no model is served"
        _log.error("%s; %s; it is tried again when its files change", problem, served)


def _missing(models: Path, numbers: Sequence[int], served: int | None) -> str:
    """Returns what is wrong with a push destination beside versions that do not load; empty if nothing is."""
    if served is None:
        return "" if numbers else f"{models}: no model was pushed there yet"
    if served in numbers:
        return ""
    return f"{models}: version {served}, which is served, is no longer there"
