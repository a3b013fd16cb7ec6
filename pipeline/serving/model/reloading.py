"""Loads the production model, and every later version, without losing a request.

A request uses the model that is current when the request begins, and keeps it to its end. An old model is freed when its last
request ends.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from components.production.registry import numbers_in
from components.production.signatures import require_signature
from data.errors import InputError
from pipeline.periodic import periodically
from pipeline.serving.model.failed_loads import FailedLoads
from pipeline.serving.model.served_model import ServedModel, load

POLL_SECONDS = 1.0
# Longer than loading a version takes.
_SILENT_SECONDS = 120.0

_log = logging.getLogger("ast-restore serve")


class ModelReloader:
    """Holds the served model and replaces it by newer versions.

    Attributes:
        current: The served model; None before the first one is loaded.
    """

    def __init__(
        self,
        memory: float,
        on_load: Callable[[bool], None],
        is_trusted: bool = False,
        public_key: Path | None = None,
    ) -> None:
        """Starts without a model.

        Args:
            memory: MiB that restoring a part of an image may take.
            on_load: Called after each attempt to load a version, with whether it succeeded.
            is_trusted: Whether the models' operations may touch files.
            public_key: PEM file of the key that a model has to be signed with; None for any model.
        """
        self.current: ServedModel | None = None
        self._problem = "no model is loaded yet"
        self._memory = memory
        self._on_load = on_load
        self._is_trusted = is_trusted
        self._public_key = public_key
        self._failed = FailedLoads()
        self._polled: float | None = None  # when, by the monotonic clock; None: nothing is polled
        self._has_replaced = False

    def serve_folder(self, folder: Path) -> None:
        """Loads the one model that is served from now on.

        Args:
            folder: Folder of the SavedModel; its name is the version if it is a number, else the version is 1.

        Raises:
            InputError: The folder holds no SavedModel of a restorer, a damaged one, or one that is not signed as it has to be.
        """
        name = folder.resolve().name
        try:
            self._replace(self._read(folder, int(name) if name.isdecimal() else 1))
        except InputError:
            raise
        except Exception as error:  # as in `_load`
            raise InputError(f"{folder}: cannot be loaded ({_one_line(error)}); name a whole SavedModel") from error

    def poll(self, models: Path) -> None:
        """Loads the newest version if it is not the current one; where it does not load, the next older one down to that.

        Only the number of a version is compared: a version without a record would have to be read whole for more.

        Args:
            models: The push destination.
        """
        if self._has_replaced:
            gc.collect()  # the old model's graph is in reference cycles, which may live long otherwise
            self._has_replaced = False
        numbers = numbers_in(models)
        for number in reversed(numbers):
            if self.current is not None and number == self.current.number:
                break
            folder = models / str(number)
            if self._failed.may_try(number, folder) and self._load(folder, number):
                break
        served = self.current.number if self.current else None
        self._failed.keep([number for number in numbers if served not in numbers or number > (served or 0)])
        self._problem = self._failed.newest_problem or _missing(models, numbers, served)

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
            problem = f"{models}: cannot be watched for versions: {_one_line(error)}"
            if problem != self._problem:
                _log.error("%s", problem)
            self._problem = problem
        self._polled = time.monotonic()

    def _load(self, folder: Path, number: int) -> bool:
        """Loads a version; returns whether it succeeded."""
        try:
            self._replace(self._read(folder, number))
        # A damaged SavedModel makes TensorFlow raise errors of many classes: OSError, ValueError, KeyError, its own ...
        except Exception as error:
            self._report_failure(folder, number, error)
            return False
        return True

    def _read(self, folder: Path, number: int) -> ServedModel:
        if self._public_key is not None:
            require_signature(folder, self._public_key)
        return load(folder, number, self._memory, self._is_trusted)

    def _replace(self, model: ServedModel) -> None:
        self._has_replaced = self.current is not None
        self.current, self._problem = model, ""
        self._on_load(True)
        _log.info("serving version %d", model.number)

    def _report_failure(self, folder: Path, number: int, error: Exception) -> None:
        problem = f"version {number} cannot be loaded: {_one_line(error)}"
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


def _one_line(error: Exception) -> str:
    """Returns an error's message without line breaks, or its class if it has none."""
    return " ".join(str(error).split()) or type(error).__name__
