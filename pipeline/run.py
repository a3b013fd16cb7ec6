"""One run on this machine: prepare the data, run the pipeline, write the page, tell how it ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from rich.console import Console
from tfx import v1 as tfx

from components.pair_validator.judging.errors import DataRefusedError
from components.tfx_internals import substitute_runtime_parameter
from data.errors import InputError
from data.files import write_whole
from pipeline import exit_codes
from pipeline.config import Config
from pipeline.create import create_pipeline
from pipeline.local.notify import notify
from pipeline.local.progress import component_lines, silenced
from pipeline.local.records_source import data_window, prepare_records, records_directory
from pipeline.phases.data import DATA_FINGERPRINT
from pipeline.phases.training import RUN_ID
from pipeline.report.collect.mlmd import read_run
from pipeline.report.collect.outcome import FinishedRun
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.page.console import summary
from pipeline.report.run_folder import CONFIG_NAME, LOG_NAME, RUN_ID_FORMAT, RUN_NAME
from pipeline.report.run_report import RUN_LOCK, write_report

_LABELS = 8
"""Columns that stand before a value on the last screen."""

_EXIT_CODES = {
    "pushed": exit_codes.PUSHED,
    "unchanged": exit_codes.PUSHED,
    "refused": exit_codes.MODEL_REFUSED,
    "data_refused": exit_codes.DATA_REFUSED,
    "failed": exit_codes.FAILED,
}


def run(config: Config) -> int:
    """Runs the pipeline of a configuration on this machine.

    Args:
        config: The resolved configuration.

    Returns:
        The exit code that a scheduler reads (`pipeline.exit_codes`).

    Raises:
        InputError: The workspace cannot be written, another run is using it, or there is no data.
    """
    records = records_directory(config)
    _require_writable(config.workspace)
    runner = LocalRunner(config)
    with silenced(config.workspace / "subprocesses.log"):
        runner.run(create_pipeline(config, records))
    if runner.facts is None:  # TFX's command reads the pipeline and keeps the runner from running
        return exit_codes.PUSHED
    screen = Console()
    screen.width = max(screen.width, len(str(runner.page)) + _LABELS)  # a path that is broken in two cannot be copied
    screen.print(summary(runner.facts, runner.page))
    return exit_code_of(runner.facts)


def exit_code_of(facts: RunFacts) -> int:
    """Returns the exit code of a run that ended so."""
    return _EXIT_CODES[facts.verdict]


class LocalRunner(tfx.orchestration.LocalDagRunner):
    """TFX's local runner, with the data prepared before it and the page written after it."""

    def __init__(self, config: Config) -> None:
        """Makes a runner for one run.

        Args:
            config: The configuration that the pipeline was made from.
        """
        super().__init__()
        self.facts: RunFacts | None = None
        self.page: Path | None = None
        self._config = config

    def run_with_ir(self, pipeline: Any, run_options: Any = None) -> None:
        """Runs a compiled pipeline; `facts` then tells how it ended.

        Args:
            pipeline: The pipeline's intermediate representation, a proto.
            run_options: Which part of the pipeline to run; None for all of it.
        """
        lock = FileLock(self._config.workspace / RUN_LOCK)
        try:
            with lock.acquire(blocking=False):
                self._run(pipeline, run_options)
        except Timeout:
            raise InputError(
                f"{self._config.workspace}: another run is using this workspace; wait for it to end"
            ) from None

    def _run(self, pipeline: Any, run_options: Any) -> None:
        started = time.time()
        console = Console(stderr=True)
        prepare_records(self._config, console)
        run_id = new_run_id(self._config.reports)
        folder = self._config.reports / run_id
        fingerprint = data_window(self._config).fingerprint()
        substitute_runtime_parameter(pipeline, {RUN_ID: run_id, DATA_FINGERPRINT: fingerprint})
        _write_config(self._config, folder)
        with component_lines(console, len(pipeline.nodes), folder / LOG_NAME) as memory:
            error = _attempt(lambda: super(LocalRunner, self).run_with_ir(pipeline, run_options))
        names = tuple(node.pipeline_node.node_info.id for node in pipeline.nodes)
        executions = read_run(self._config.metadata, self._config.name, run_id)
        ended = FinishedRun(run_id, folder, started, time.time() - started, error, names, executions, memory.components)
        self.facts, self.page = write_report(self._config, ended)
        _tell(self._config, folder, console)


def _attempt(work: Callable[[], None]) -> Exception | None:
    """Runs the pipeline, which may fail in any way its components can: the page then tells how."""
    try:
        work()
    except DataRefusedError as error:
        return error
    except Exception as error:
        logging.exception("the pipeline failed")
        return error
    return None


def _tell(config: Config, folder: Path, console: Console) -> None:
    """Calls the hooks; what goes wrong with them is said here and in the log, and changes nothing."""
    for problem in notify((folder / RUN_NAME).read_text(encoding="utf-8"), config.notify):
        console.print(f"ast-restore: {problem}", markup=False, highlight=False, soft_wrap=True)
        with (folder / LOG_NAME).open("a", encoding="utf-8") as log:
            log.write(f"{problem}\n")


def new_run_id(reports: Path) -> str:
    """Names a run after the second it started in; the name sorts by time and is a folder.

    Args:
        reports: Folder of the runs' folders; the name is none of theirs.
    """
    while (reports / (run_id := datetime.now().strftime(RUN_ID_FORMAT))).exists():
        time.sleep(0.1)
    return run_id


def _require_writable(workspace: Path) -> None:
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        probe = workspace / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"{workspace}: the workspace cannot be written: {error.strerror}; name another one") from error


def _write_config(config: Config, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / CONFIG_NAME, config.to_yaml())
    config.metadata.parent.mkdir(parents=True, exist_ok=True)
