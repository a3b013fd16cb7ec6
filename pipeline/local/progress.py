"""The progress of a run on the screen, a line per component; everything that TFX, Beam and TensorFlow log goes to a file."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from components.tfx_internals import launcher
from pipeline.local.memory import MemorySampler
from pipeline.local.waiting import waiting_lines

_SPEAKING = ("Trainer",)
"""The components that print their own progress while they work; the Tuner speaks after each trial only."""


@contextmanager
def component_lines(
    console: Console, components: int, log: Path, ended: Callable[[str, Launch], None] = lambda *_: None
) -> Iterator[MemorySampler]:
    """Prints a line when a component starts and its time when it has finished, and logs everything else to a file.

    In place of the time of a component whose result an earlier run has left it says "reused".

    Yields the sampler of the components' memory.

    Args:
        console: Where to print.
        components: Number of components of the pipeline.
        log: The log file.
        ended: Called with a component's id and its launch when it has ended without an error.
    """
    memory = MemorySampler()

    @contextmanager
    def reported(component: str) -> Iterator[Launch]:
        console.print(f"[{len(memory.components) + 1:>2}/{components}] {component} ...", markup=False)
        started = time.monotonic()
        launch = Launch()
        speaks = component in _SPEAKING
        with memory.measuring(component), nullcontext() if speaks else waiting_lines(console, component):
            yield launch
        # Writing a SavedModel raises absl's level for good, which would drop TFX's own lines from the log.
        logging.getLogger("absl").setLevel(logging.INFO)
        seconds = time.monotonic() - started
        how = "reused" if launch.is_reused else f"{seconds:.1f} s"
        console.print(f"        {how}", markup=False, highlight=False, style="dim")
        ended(component, launch)

    with memory.running(), _logging_to(log), around_components(reported):
        yield memory


@dataclass(slots=True)
class Launch:
    """How a component was launched.

    Attributes:
        is_reused: Whether the result of an earlier run was taken; known when the component has ended.
    """

    is_reused: bool = False


@contextmanager
def around_components(enter: Callable[[str], AbstractContextManager[Launch]]) -> Iterator[None]:
    """Enters a context around each component that TFX's local runner runs.

    TFX has no hook for this, so the launcher of its nodes is replaced while this context lasts.

    Args:
        enter: Returns the context of a component, by the component's id.
    """
    module: Any = launcher
    original = module.Launcher

    class ReportingLauncher(launcher.Launcher):
        def __init__(self, pipeline_node: Any, **arguments: Any) -> None:
            super().__init__(pipeline_node=pipeline_node, **arguments)
            self._component = pipeline_node.node_info.id

        def launch(self) -> Any:
            with enter(self._component) as launch:
                execution = super().launch()
                # TFX makes a temporary folder for an executor that runs, and none where it takes a cached result.
                launch.is_reused = execution is not None and not execution.tmp_dir
            return execution

    module.Launcher = ReportingLauncher
    try:
        yield
    finally:
        module.Launcher = original


@contextmanager
def _logging_to(log: Path) -> Iterator[None]:
    """Sends all log records from level INFO on to a file instead of the screen."""
    to_file = logging.FileHandler(log, encoding="utf-8")
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s %(name)s: %(message)s"))
    with (
        _handled_by(logging.getLogger(), [to_file]),
        # These have handlers of their own and pass their records on to the root logger as well.
        _handled_by(logging.getLogger("tensorflow"), []),
        _handled_by(logging.getLogger("absl"), []),
    ):
        yield
    to_file.close()


@contextmanager
def _handled_by(logger: logging.Logger, handlers: list[logging.Handler]) -> Iterator[None]:
    before, level = logger.handlers[:], logger.level
    logger.handlers = handlers
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.handlers = before
        logger.setLevel(level)


@contextmanager
def silenced(log: Path) -> Iterator[None]:
    """Sends the output of subprocesses and C++ code to a file; Python's own output still reaches the screen.

    They write to the process's file descriptors, which `contextlib.redirect_stdout` does not reach.

    Args:
        log: The file; output is appended to it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    streams, descriptors = (sys.stdout, sys.stderr), (os.dup(1), os.dup(2))
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.stdout, sys.stderr = (os.fdopen(os.dup(number), "w", buffering=1) for number in descriptors)
    try:
        yield
    finally:
        sys.stdout.close()
        sys.stderr.close()
        sys.stdout, sys.stderr = streams
        for number, original in zip((1, 2), descriptors, strict=True):
            os.dup2(original, number)
            os.close(original)
