"""Writes the report of a run that was killed, from ML Metadata and the artifacts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from data.errors import InputError
from data.storage.locks import exclusive
from pipeline.config import Config, load
from pipeline.create import component_names
from pipeline.report.collect.mlmd import Execution, read_run
from pipeline.report.collect.outcome import FinishedRun
from pipeline.report.run_report import write_report
from pipeline.run_folder import CONFIG_NAME, RUN_ID_FORMAT
from pipeline.screen.library_logs import quiet
from pipeline.workspace import RUN_LOCK


class RunInterruptedError(RuntimeError):
    """The process of a run was killed before it could write its report."""


def recover(folder: Path) -> Path:
    """Writes the report of a run that was killed, from ML Metadata and the artifacts.

    Args:
        folder: The run's folder; its `config.yaml` names the workspace.

    Returns:
        The path of the page.

    Raises:
        InputError: There is no configuration, the run is still going, or ML Metadata does not know it.
    """
    if not (folder / CONFIG_NAME).is_file():
        raise InputError(f"{folder}: no {CONFIG_NAME} in it, so it is not the folder of a run")
    config = load(folder / CONFIG_NAME)
    if not config.workspace.is_dir():
        raise InputError(f"{folder}: its workspace {config.workspace} is gone, and it left no facts of its own")
    busy = f"{folder}: a run is using {config.workspace}; it writes its report when it ends"
    with exclusive(config.workspace / RUN_LOCK, busy), quiet():
        return write_report(config, _interrupted_run(config, folder, component_names(config)))[1]


def _interrupted_run(config: Config, folder: Path, components: tuple[str, ...]) -> FinishedRun:
    executions = read_run(config.metadata, config.name, folder.name) if config.metadata.is_file() else {}
    if not executions:
        raise InputError(f"{folder}: it left neither facts nor a trace in {config.metadata}; run it again")
    return FinishedRun(
        run_id=folder.name,
        folder=folder,
        started=datetime.strptime(folder.name[:15], RUN_ID_FORMAT).timestamp(),
        seconds=sum(execution.seconds for execution in executions.values()),
        error=_interruption(executions),
        components=components,
        executions=executions,
    )


def _interruption(executions: dict[str, Execution]) -> RunInterruptedError | None:
    pusher = executions.get("Pusher")
    if pusher is not None and pusher.state != "failed":
        return None
    return RunInterruptedError(f"the run was interrupted in or after {list(executions)[-1]}")
