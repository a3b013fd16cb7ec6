"""What a user sees while TFX works: a line for each component, and everything else in the run's log."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from pipeline.local.memory import MemorySampler

# What TFX's local runner logs around each component.
_STATE = re.compile(r"Component (?P<component>\S+) is (?P<state>running|finished)\.")


class ComponentLines(logging.Handler):
    """Prints a line when TFX's runner starts a component, and its time when it ends."""

    def __init__(self, console: Console, components: int, memory: MemorySampler) -> None:
        """Makes the handler.

        Args:
            console: Where to print.
            components: How many components there are in all.
            memory: Is told what begins and what ends.
        """
        super().__init__(logging.INFO)
        self._memory = memory
        self._console = console
        self._components = components
        self._started: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Looks for a component's start or end in a log record."""
        match = _STATE.match(record.getMessage())
        if match is None:
            return
        name = match["component"]
        if match["state"] == "running":
            self._started[name] = time.monotonic()
            self._memory.begin(name)
            self._console.print(f"[{len(self._started):>2}/{self._components}] {name} ...", markup=False)
        else:
            seconds = time.monotonic() - self._started[name]
            self._memory.end(name)
            self._console.print(f"        {seconds:.1f} s", markup=False, highlight=False, style="dim")


@contextmanager
def component_lines(console: Console, components: int, log: Path) -> Iterator[MemorySampler]:
    """Shows each component as it runs, and keeps what TFX, Beam and TensorFlow log in a file instead of the screen.

    Yields what measures each component's memory.

    Args:
        console: Where to print.
        components: How many components the pipeline has.
        log: The file for everything else.
    """
    to_file = logging.FileHandler(log, encoding="utf-8")
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s %(name)s: %(message)s"))
    memory = MemorySampler()
    with (
        memory.running(),
        _handled_by(logging.getLogger(), [to_file, ComponentLines(console, components, memory)]),
        # TensorFlow's logger has a handler of its own, and hands nothing on.
        _handled_by(logging.getLogger("tensorflow"), [to_file]),
        _handled_by(logging.getLogger("absl"), []),
    ):
        yield memory
    to_file.close()


def _stay(level: int | str) -> None:
    """Stands in for a logger's `setLevel` while its level must not change."""
    del level


@contextmanager
def _handled_by(logger: logging.Logger, handlers: list[logging.Handler]) -> Iterator[None]:
    before, level = logger.handlers[:], logger.level
    logger.handlers = handlers
    logger.setLevel(logging.INFO)
    # Writing a SavedModel raises absl's level for good, and TFX's own lines, which say where a run is, would be lost.
    logger.setLevel = _stay  # type: ignore[method-assign]
    try:
        yield
    finally:
        del logger.setLevel
        logger.handlers = before
        logger.setLevel(level)


@contextmanager
def silenced(log: Path) -> Iterator[None]:
    """Sends what subprocesses and C++ code print to a file; what Python prints still reaches the screen.

    TFX builds and installs wheels by subprocesses that inherit our output, and nothing in Python can catch theirs.

    Args:
        log: The file; it is appended to.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    streams, kept = (sys.stdout, sys.stderr), (os.dup(1), os.dup(2))
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.stdout, sys.stderr = (os.fdopen(os.dup(number), "w", buffering=1) for number in kept)
    try:
        yield
    finally:
        sys.stdout.close()
        sys.stderr.close()
        sys.stdout, sys.stderr = streams
        for number, original in zip((1, 2), kept, strict=True):
            os.dup2(original, number)
            os.close(original)
