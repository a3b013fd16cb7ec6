"""Exports runs to MLflow and sets the alias: the side that never fails a run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from components.production import registry
from components.production.registry import Version
from data.plain_text import one_line
from data.storage.locks import exclusive
from pipeline.config_sections.mlflow_settings import MlflowSettings, require_installed
from pipeline.tracking.content import content_of
from pipeline.tracking.exchange import CHAMPION, Request, Result, RunContent, SentRun
from pipeline.tracking.server import Server, server_of

LOCK = ".mlflow.lock"
"""The file beside a workspace's runs that an export locks, so that two never make two runs of one."""

_TAIL_BYTES = 4096
_LONGEST = 600
"""Characters of a failure that a run reports."""


class ExportError(Exception):
    """The server did not take everything. The message is one line without secrets."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported.

    Attributes:
        lines: A line for each run and for the alias.
        notes: What MLflow lacks still, and what to do.
    """

    lines: tuple[str, ...]
    notes: tuple[str, ...]


def export(
    folders: Sequence[Path], reports: Path, destination: Path, server: Server, settings: MlflowSettings
) -> Exported:
    """Exports runs, and sets the alias to the production model.

    Args:
        folders: The runs' folders; none to set the alias alone.
        reports: Folder of the runs, where exports of other processes are waited for.
        destination: The push destination.
        server: The server.
        settings: The configuration's section.

    Returns:
        What was exported.

    Raises:
        InputError: A run has no facts, or the client is not installed.
        ExportError: The server did not take everything.
    """
    require_installed()
    contents, problems = _contents(folders, destination)
    production = registry.production(destination)
    request = Request(
        uri=server.uri,
        experiment=settings.experiment,
        model_name=settings.model_name,
        runs=tuple(contents),
        production=production.digest if production else None,
    )
    with exclusive(reports / LOCK, should_wait=True):
        result = _ask(request, server, settings.timeout_seconds * max(1, len(contents)))
    lines = [_line(run, settings.model_name, server) for run in result.runs]
    if result.problem is not None:
        missing = [run.run_id for run in contents[len(result.runs) :]]
        raise ExportError(_failure(server, result.problem, missing))
    if result.champion is not None:
        lines.append(f"{CHAMPION} of {settings.model_name} is version {result.champion}")
    elif production is not None:
        problems.append(_unregistered(production))
    return Exported(tuple(lines), tuple(problems))


def export_ended_run(folder: Path, reports: Path, destination: Path, settings: MlflowSettings) -> Exported:
    """Exports a run that has just ended. Whatever fails becomes a note, because it must not change the run's verdict.

    Args:
        folder: The run's folder.
        reports: Folder of the runs.
        destination: The push destination.
        settings: The configuration's section.
    """
    try:
        return export([folder], reports, destination, server_of(settings), settings)
    except (ExportError, OSError, ValueError) as error:
        return Exported((), (f"not exported to MLflow: {one_line(error, _LONGEST)}",))


def _contents(folders: Sequence[Path], destination: Path) -> tuple[list[RunContent], list[str]]:
    contents, problems = [], []
    for folder in folders:
        content, problem = content_of(folder, destination)
        contents.append(content)
        if problem is not None:
            problems.append(f"run {content.run_id}: {problem}")
    return contents, problems


def _ask(request: Request, server: Server, seconds: float) -> Result:
    """Lets a process of its own send the request; one that is still at it at the limit is killed."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as errors:
        given.write(request.model_dump_json().encode())
        given.seek(0)
        command = [sys.executable, "-m", "pipeline.tracking.child"]
        process = subprocess.Popen(
            command, stdin=given, stdout=answer, stderr=errors, env=dict(server.variables), start_new_session=True
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            return Result(problem=f"did not take it within {seconds:g} s")
        finally:
            if process.poll() is None:  # also where the user interrupts
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if code != 0:
            size = errors.seek(0, os.SEEK_END)
            errors.seek(max(0, size - _TAIL_BYTES))
            last = errors.read().decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
            return Result(problem=f"did not get it: the export ended with code {code}: {last}")
        answer.seek(0)
        return Result.model_validate_json(answer.read())


def _failure(server: Server, problem: str, missing: Sequence[str]) -> str:
    command = f"mlflow export {' '.join(missing)}" if missing else "mlflow sync"
    return f"the MLflow server at {server.host} {server.without_secrets(problem)}; `ast-restore {command}` tries again"


def _line(run: SentRun, model_name: str, server: Server) -> str:
    page = server.page(run.experiment_id, run.mlflow_id)
    done = "is in MLflow already" if run.was_there else "is in MLflow"
    model = f", its model is version {run.version} of {model_name}" if run.version else ""
    return f"run {run.run_id} {done}{model}: {page or run.mlflow_id}"


def _unregistered(production: Version) -> str:
    why = f"MLflow does not have the production model, version {production.number}, so no version is {CHAMPION}"
    if production.origin == "import":
        return f"{why}; it was imported, and only models of runs are exported"
    return f"{why}; `ast-restore mlflow export {production.run_id}` registers it"
