"""One run on this machine: prepare the data, run the pipeline, write the run report, notify the hooks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from tfx import v1 as tfx

from components.beam_internals import remembered_arguments
from components.infra_check.probe_process import none_left_waiting, start_ahead
from components.pair_validator.drift import accepted_statistics
from components.pair_validator.judging.errors import DataRefusedError
from components.production.fingerprint import fingerprint
from components.tfx_internals import substitute_runtime_parameter
from data.errors import InputError
from data.plain_text import visible
from pipeline import exit_codes
from pipeline.config import Config
from pipeline.create import create_pipeline
from pipeline.local.first_checks import records_directory, require_ready
from pipeline.local.notify import notify
from pipeline.local.progress import Launch, component_lines, silenced
from pipeline.local.records_source import data_window, prepare_records
from pipeline.local.run_inputs import write_inputs
from pipeline.local.run_setup import locked_workspace, new_run_id, write_config
from pipeline.local.waiting import waiting_lines
from pipeline.metadata_store.lost import explained
from pipeline.metadata_store.store import MetadataHeldError, require_usable
from pipeline.metadata_store.unfinished import close_unfinished
from pipeline.metadata_store.unknown_artifacts import set_aside
from pipeline.metadata_store.waiting import HolderWatch
from pipeline.phases.data import COMPARED_WITH, DATA_FINGERPRINT
from pipeline.phases.training import PRODUCTION_FINGERPRINT, RUN_ID
from pipeline.report.collect.mlmd import Execution, read_run
from pipeline.report.collect.outcome import FinishedRun, tensorboard_command_of
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.overview.page import update_overview
from pipeline.report.page.console import picture_link, summary
from pipeline.report.run_report import write_report
from pipeline.run_folder import LOG_NAME, RUN_NAME
from pipeline.screen.library_logs import quiet
from pipeline.screen.plain_console import PlainConsole
from pipeline.tracking.export import export_ended_run
from pipeline.workspace import unknown_artifacts_in

_LABEL_WIDTH = 14
"""Columns that may stand before an address in the summary."""

_EXIT_CODES = {
    "pushed": exit_codes.PUSHED,
    "unchanged": exit_codes.PUSHED,
    "refused": exit_codes.MODEL_REFUSED,
    "data_refused": exit_codes.DATA_REFUSED,
    "failed": exit_codes.FAILED,
}


def run(config: Config, began: float | None = None, reason: str = "") -> int:
    """Runs the pipeline of a configuration on this machine.

    Args:
        config: The resolved configuration.
        began: When the user gave the command, seconds since 1970; None for now. The time of the run counts from then.
        reason: Why the run was started, in one line, for its report; may be empty.

    Returns:
        The exit code, one of `pipeline.exit_codes.RUN`.

    Raises:
        InputError: The workspace or the push destination cannot be written, another run is using the workspace, another process
            holds its `metadata.sqlite`, there is no data, or Beam's job service does not answer.
    """
    began = time.time() if began is None else began
    runner = LocalRunner(config, began, reason)
    with quiet():  # TFX calls its own way of giving the Pusher an executor deprecated, on the screen
        pipeline = create_pipeline(config, records_directory(config))
    runner.run(pipeline)
    if runner.facts is None:  # `tfx pipeline create` reads the pipeline and keeps the runner from running
        return exit_codes.PUSHED
    screen = PlainConsole()
    links = [picture_link(runner.report, each.code) for each in runner.facts.advice] if runner.report else []
    longest = max(map(len, (str(runner.report), runner.tensorboard or "", *links)))
    screen.width = max(screen.width, longest + _LABEL_WIDTH)  # an address in two lines cannot be copied
    screen.print(summary(runner.facts, runner.report, time.time() - began, runner.tensorboard))
    return exit_code_of(runner.facts)


def exit_code_of(facts: RunFacts) -> int:
    """Returns the exit code of a run with these facts."""
    return _EXIT_CODES[facts.verdict]


class LocalRunner(tfx.orchestration.LocalDagRunner):
    """TFX's local runner; it prepares the data before the run and writes the run report after it.

    Attributes:
        facts: The facts of the run; None before it has ended.
        report: Path of the run report; None before the run has ended.
        tensorboard: Command that shows the curves of the training; None where there is none.
    """

    def __init__(self, config: Config, began: float, reason: str = "") -> None:
        """Creates a runner for one run.

        Args:
            config: The configuration that the pipeline was made from.
            began: When the user gave the command, seconds since 1970.
            reason: Why the run was started, in one line, for its report; may be empty.
        """
        super().__init__()
        self.facts: RunFacts | None = None
        self.report: Path | None = None
        self.tensorboard: str | None = None
        self._config, self._began, self._reason = config, began, reason

    def run_with_ir(self, pipeline: Any, run_options: Any = None) -> None:
        """Runs a compiled pipeline.

        Args:
            pipeline: The pipeline's intermediate representation, a proto.
            run_options: The part of the pipeline to run; None for all of it.
        """
        config = self._config
        require_ready(config)  # not before: TFX's command line only reads the pipeline, and must leave no folder behind
        with silenced(config.workspace / "subprocesses.log"), locked_workspace(config.workspace):
            self._run(pipeline, run_options)

    def _run(self, pipeline: Any, run_options: Any) -> None:
        config, began, console = self._config, self._began, PlainConsole(stderr=True)
        if config.metadata.is_file():
            require_usable(config.metadata, for_writing=True)
        prepare_records(config, console)
        run_id = new_run_id(config.reports)
        close_unfinished(config.metadata, run_id)
        unknown = set_aside(config.metadata, config.pipeline_root, unknown_artifacts_in(config.workspace) / run_id)
        if unknown is not None:
            _print(console, unknown)
        folder = config.reports / run_id
        window = data_window(config)
        history = config.accepted_statistics(records_directory(config))
        parameters = {
            RUN_ID: run_id,
            DATA_FINGERPRINT: window.fingerprint(),
            PRODUCTION_FINGERPRINT: fingerprint(config.models),
            COMPARED_WITH: accepted_statistics.fingerprint(history, window.newest.number),
        }
        substitute_runtime_parameter(pipeline, parameters)
        write_config(config, folder)
        write_inputs(parameters[DATA_FINGERPRINT], folder, self._reason)
        config.metadata.parent.mkdir(parents=True, exist_ok=True)
        watch = HolderWatch(config.metadata, lambda message: _print(console, message))
        lines = component_lines(console, len(pipeline.nodes), folder / LOG_NAME, self._ended)
        with remembered_arguments(), watch.running(), none_left_waiting(), lines as memory:
            error = _error_of(lambda: super(LocalRunner, self).run_with_ir(pipeline, run_options))
        error = watch.explained(error)
        names = tuple(node.pipeline_node.node_info.id for node in pipeline.nodes)
        executions = _executions(config, run_id, error)
        if not isinstance(error, (DataRefusedError, MetadataHeldError)):
            error = explained(config.metadata, tuple(memory.components), executions, error)
        ended = FinishedRun(run_id, folder, began, time.time() - began, error, names, executions, memory.components)
        console.print("writing the report ...", markup=False)
        with waiting_lines(console, "the report"):
            self.facts, self.report = write_report(config, ended)
            update_overview(config.reports)
        self.tensorboard = tensorboard_command_of(executions)
        _notify(config, folder, console)
        _export(config, folder, console)

    def _ended(self, component: str, launch: Launch) -> None:
        """Lets the process of the InfraCheck load TensorFlow while the new model is evaluated."""
        if component == "Trainer" and not launch.is_reused and not self._config.infra.docker:
            start_ahead()


def _executions(config: Config, run_id: str, error: Exception | None) -> dict[str, Execution]:
    """Reads what ran; nothing where the run failed and ML Metadata's file is still held, so that its report is written."""
    try:
        return read_run(config.metadata, config.name, run_id)
    except InputError as problem:
        if error is not None:
            return {}
        raise InputError(
            f"{problem}: this run has ended, and `ast-restore report {run_id}` writes its report then"
        ) from problem


def _print(console: Console, message: str) -> None:
    console.print(f"ast-restore: {visible(message)}", markup=False, highlight=False, soft_wrap=True)


def _error_of(run_pipeline: Callable[[], None]) -> Exception | None:
    """Runs the pipeline and returns its error, of whatever type a component raised; the run report shows it."""
    try:
        run_pipeline()
    except DataRefusedError as error:
        return error
    except Exception as error:
        logging.exception("the pipeline failed")
        return error
    return None


def _notify(config: Config, folder: Path, console: Console) -> None:
    """Notifies the hooks; a hook's failure is printed and logged and does not change the verdict."""
    for problem in notify((folder / RUN_NAME).read_text(encoding="utf-8"), config.notify):
        _report(console, problem, folder)


def _export(config: Config, folder: Path, console: Console) -> None:
    """Exports the run to MLflow; a failure is printed and logged and does not change the verdict."""
    if not config.mlflow.is_wanted:
        return
    console.print("exporting to MLflow ...", markup=False)
    done = export_ended_run(folder, config.reports, config.models, config.mlflow)
    for line in done.lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for note in done.notes:
        _report(console, note, folder)


def _report(console: Console, problem: str, folder: Path) -> None:
    _print(console, problem)
    with (folder / LOG_NAME).open("a", encoding="utf-8") as log:
        log.write(f"{problem}\n")
