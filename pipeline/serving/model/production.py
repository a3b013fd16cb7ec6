"""Which version is served: the newest that was pushed, exchanged without a request lost.

A request takes the model that is current when it begins and keeps it to its end. The old one goes when its last request does.
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

EVERY_SECONDS = 1.0

_log = logging.getLogger("ast-restore serve")


class Production:
    """The model that is served.

    Attributes:
        current: It, or None while none was loaded.
        problem: Why there is none, or why a newer one was not taken; empty where nothing is wrong.
    """

    def __init__(self, memory: float, told: Callable[[bool], None]) -> None:
        """Makes one that serves nothing yet.

        Args:
            memory: MiB that restoring a part of an image may take.
            told: Is told of each version whether it was loaded.
        """
        self.current: ServedModel | None = None
        self.problem = "no model is loaded yet"
        self._memory = memory
        self._told = told
        self._tried: int | None = None
        self._gone = False

    def serve_folder(self, folder: Path) -> None:
        """Loads the one model that is served from now on.

        Args:
            folder: Of the SavedModel; its number is the folder's name where that is one, else 1.

        Raises:
            InputError: There is no SavedModel of ours in it, or a damaged one.
        """
        name = folder.resolve().name
        try:
            self._take(load(folder, int(name) if name.isdigit() else 1, self._memory))
        except InputError:
            raise
        except Exception as error:  # as in `_exchange`
            raise InputError(f"{folder}: cannot be loaded ({_line(error)}); name a whole SavedModel") from error

    def look(self, models: Path) -> None:
        """Looks once whether another version is in production, and serves that.

        Only the number is looked at: a version without a record would have to be read whole for more.

        Args:
            models: The push destination.
        """
        if self._gone:
            gc.collect()  # the graph of an old model hangs in cycles, which may live long otherwise
            self._gone = False
        newest = max(numbers_in(models), default=None)
        if newest is None:
            self.problem = "" if self.current else f"{models}: no model was pushed there yet"
        elif self.current and newest == self.current.number:
            self._tried, self.problem = newest, ""  # what could not be loaded was taken away again
        elif newest != self._tried:
            self._tried = newest
            self._exchange(models / str(newest), newest)

    @contextmanager
    def watching(self, models: Path) -> Iterator[None]:
        """Looks every second, in a thread of its own, while the context lasts."""
        stop = threading.Event()

        def watch() -> None:
            self._look_safely(models)
            while not stop.wait(EVERY_SECONDS):
                self._look_safely(models)

        thread = threading.Thread(target=watch, name="production", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _look_safely(self, models: Path) -> None:
        """A disk that cannot be read for a moment must not end the looking."""
        try:
            self.look(models)
        except OSError as error:
            _log.warning("%s: cannot be looked at: %s", models, error)

    def _exchange(self, folder: Path, number: int) -> None:
        try:
            self._take(load(folder, number, self._memory))
        # What a damaged SavedModel makes TensorFlow raise is not one class: OSError, ValueError, KeyError, its own ...
        except Exception as error:
            self._refuse(number, error)

    def _take(self, model: ServedModel) -> None:
        self._gone = self.current is not None
        self.current, self.problem = model, ""
        self._told(True)
        _log.info("version %d is served", model.number)

    def _refuse(self, number: int, error: Exception) -> None:
        self.problem = f"version {number} cannot be loaded: {_line(error)}"
        self._told(False)
        stays = f"version {self.current.number} stays" if self.current else "nothing is served"
        _log.error("%s; %s until another is pushed", self.problem, stays)


def _line(error: Exception) -> str:
    """Returns what an error says without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__
