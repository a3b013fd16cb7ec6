"""Loads the production model, and every later version, without losing a request.

A request uses the model that is current when the request begins, and keeps it to its end. An old model is freed when its last
request ends.
"""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from components.production.registry import numbers_in
from data.errors import InputError
from pipeline.serving.model.served_model import ServedModel, load

POLL_SECONDS = 1.0

_log = logging.getLogger("ast-restore serve")


class ModelReloader:
    """Holds the served model and replaces it by newer versions.

    Attributes:
        current: The served model; None before the first one is loaded.
        problem: Why there is no model, or why a newer version was not loaded; empty if all is well.
    """

    def __init__(self, memory: float, on_load: Callable[[bool], None]) -> None:
        """Starts without a model.

        Args:
            memory: MiB that restoring a part of an image may take.
            on_load: Called after each attempt to load a version, with whether it succeeded.
        """
        self.current: ServedModel | None = None
        self.problem = "no model is loaded yet"
        self._memory = memory
        self._on_load = on_load
        self._last_tried: int | None = None
        self._has_replaced = False

    def serve_folder(self, folder: Path) -> None:
        """Loads the one model that is served from now on.

        Args:
            folder: Folder of the SavedModel; its name is the version if it is a number, else the version is 1.

        Raises:
            InputError: The folder holds no SavedModel of a restorer, or a damaged one.
        """
        name = folder.resolve().name
        try:
            self._replace(load(folder, int(name) if name.isdigit() else 1, self._memory))
        except InputError:
            raise
        except Exception as error:  # as in `_load`
            raise InputError(f"{folder}: cannot be loaded ({_one_line(error)}); name a whole SavedModel") from error

    def poll(self, models: Path) -> None:
        """Loads the production version if it is not the current one.

        Only the number of a version is compared: a version without a record would have to be read whole for more.

        Args:
            models: The push destination.
        """
        if self._has_replaced:
            gc.collect()  # the old model's graph is in reference cycles, which may live long otherwise
            self._has_replaced = False
        newest = max(numbers_in(models), default=None)
        if newest is None:
            self.problem = "" if self.current else f"{models}: no model was pushed there yet"
        elif self.current and newest == self.current.number:
            self._last_tried, self.problem = newest, ""  # a version that did not load has been removed
        elif newest != self._last_tried:
            self._last_tried = newest
            self._load(models / str(newest), newest)

    @contextmanager
    def polling(self, models: Path) -> Iterator[None]:
        """Polls every second, in a thread of its own, while the context lasts.

        Args:
            models: The push destination.
        """
        stop = threading.Event()

        def poll_until_stopped() -> None:
            self._poll_safely(models)
            while not stop.wait(POLL_SECONDS):
                self._poll_safely(models)

        thread = threading.Thread(target=poll_until_stopped, name="model-reloader", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _poll_safely(self, models: Path) -> None:
        """Polls; a disk that cannot be read for a moment must not end the polling."""
        try:
            self.poll(models)
        except OSError as error:
            _log.warning("%s: cannot be read: %s", models, error)

    def _load(self, folder: Path, number: int) -> None:
        try:
            self._replace(load(folder, number, self._memory))
        # A damaged SavedModel makes TensorFlow raise errors of many classes: OSError, ValueError, KeyError, its own ...
        except Exception as error:
            self._report_failure(number, error)

    def _replace(self, model: ServedModel) -> None:
        self._has_replaced = self.current is not None
        self.current, self.problem = model, ""
        self._on_load(True)
        _log.info("serving version %d", model.number)

    def _report_failure(self, number: int, error: Exception) -> None:
        self.problem = f"version {number} cannot be loaded: {_one_line(error)}"
        self._on_load(False)
        served = f"version {self.current.number} is still served" if self.current else "no model is served"
        _log.error("%s; %s until another version is pushed", self.problem, served)


def _one_line(error: Exception) -> str:
    """Returns an error's message without line breaks, or its class if it has none."""
    return " ".join(str(error).split()) or type(error).__name__
