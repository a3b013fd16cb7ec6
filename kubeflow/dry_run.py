"""`ast-restore kubeflow dry-run`: runs the compiled pipeline on this machine, before it is submitted to a cluster."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import yaml
from rich.console import Console

from components.pair_validator.artifacts import VERDICTS
from components.pair_validator.judging.errors import DataRefusedError
from kubeflow.compile import compile_pipeline
from kubeflow.driver import RuntimeArtifact
from kubeflow.launcher import RunFolder, TaskResult, execute, ordered
from kubeflow.notes import TaskFailedError
from kubeflow.object_store import ObjectStore
from kubeflow.spec import Spec
from pipeline import exit_codes
from pipeline.config import Config
from pipeline.config_sections.mlflow_settings import MlflowSettings
from pipeline.local.first_checks import records_directory
from pipeline.local.records_source import prepare_records
from pipeline.local.run_setup import locked_workspace, new_run_id, write_config
from pipeline.report.collect.mlmd import Execution, Output
from pipeline.report.collect.outcome import FinishedRun
from pipeline.report.page.console import summary
from pipeline.report.run_report import write_report
from pipeline.run import exit_code_of
from pipeline.run_folder import LOG_NAME, PICTURES_NAME, last_lines
from pipeline.screen.library_logs import quiet
from pipeline.screen.plain_console import PlainConsole
from pipeline.workspace import kubeflow_in

_ROOT = "minio://dry-run/ast"
_CUSTOM = "custom:"  # TFX's prefix of a custom property that has the name of a property


def dry_run(config: Config, parallel: int = 1) -> int:
    """Compiles the pipeline, runs the compiled tasks and writes the run report.

    Every task runs; no result is taken from a cache. `push_directory` is that of a local run, so the pushed model becomes the
    production model.

    Args:
        config: The resolved configuration.
        parallel: Maximum tasks that run at a time.

    Returns:
        The exit code, one of `pipeline.exit_codes.RUN`.

    Raises:
        InputError: There is no data, or another run is using the workspace.
    """
    records = records_directory(config)
    config.workspace.mkdir(parents=True, exist_ok=True)
    with locked_workspace(config.workspace):
        return _run(config, records, parallel)


def _run(config: Config, records: Path, parallel: int) -> int:
    console, started = PlainConsole(stderr=True), time.time()
    if config.data.records is not None:  # otherwise a task draws them, as on a cluster
        prepare_records(config, console)
    run_id = new_run_id(config.reports)
    folder, work = config.reports / run_id, kubeflow_in(config.workspace) / run_id
    write_config(config, folder)
    spec, run = _compiled(config, records, work), RunFolder(run_id, work, secrets=_secrets(config))
    results = _execute(spec, run, parallel, console)
    _join_logs(results, folder / LOG_NAME)
    error = _error_of(results, run.store)
    if isinstance(error, TaskFailedError):
        (folder / PICTURES_NAME).unlink(missing_ok=True)  # the exit task's, which sees no artifacts of the others
    executions = {result.name: _execution(result, run.store) for result in results}
    ended = FinishedRun(run_id, folder, started, time.time() - started, error, tuple(ordered(spec)), executions)
    with quiet():
        facts, report = write_report(config, ended)
    PlainConsole(soft_wrap=True).print(summary(facts, report))
    return exit_code_of(facts)


def _compiled(config: Config, records: Path, work: Path) -> Spec:
    """Returns the pipeline as compiled for a cluster, but without a volume: every task sees the paths of this machine.

    A webhook by its URL is left out, as no compiled pipeline may hold one.
    """
    file = work / "pipeline.yaml"
    kubeflow = config.kubeflow.model_copy(update={"volume_claim": None})
    notify = config.notify.model_copy(update={"webhook": None})
    here = config.model_copy(update={"kubeflow": kubeflow, "notify": notify, "mlflow": MlflowSettings()})
    compile_pipeline(here, file, image="this-machine", pipeline_root=_ROOT, records=records, is_on_this_machine=True)
    spec: Spec = next(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    return spec


def _secrets(config: Config) -> dict[str, str]:
    """Returns the variables that a cluster's secrets give the tasks; here they have the values of this environment."""
    names = {item.variable for item in config.kubeflow.secrets}
    return {name: os.environ[name] for name in sorted(names) if name in os.environ}


def _execute(spec: Spec, run: RunFolder, parallel: int, console: Console) -> list[TaskResult]:
    """Runs the tasks, prints a line for each, and the last lines of the log of each that failed."""
    results = []
    tasks = len(ordered(spec))
    for result in execute(spec, run, parallel):
        results.append(result)
        state = f"ended with {result.code}" if result.has_failed else "ran"
        line = f"{len(results):3}/{tasks} {result.name:24} {state:12} {result.seconds:6.1f} s"
        console.print(line, markup=False)
    for result in results:
        if result.has_failed:
            _print_log(result, console)
    return results


def _print_log(result: TaskResult, console: Console) -> None:
    lines, _ = last_lines(result.log)
    console.print(f"{result.name} failed; the end of {result.log}:", markup=False, soft_wrap=True)
    for line in lines:
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


def _join_logs(results: Sequence[TaskResult], log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as joined:
        for result in results:
            joined.write(f"== {result.name}\n".encode())
            with result.log.open("rb") as task_log:
                shutil.copyfileobj(task_log, joined)


def _error_of(results: Sequence[TaskResult], store: ObjectStore) -> Exception | None:
    """Returns the error that ended the run; None where it reached its end.

    Args:
        results: The tasks that have ended.
        store: Where their artifacts are.
    """
    failed = next((result for result in results if result.has_failed), None)
    if failed is None:
        return None
    verdicts = next((result.artifacts[VERDICTS] for result in results if VERDICTS in result.artifacts), None)
    refused = (
        DataRefusedError.load(store.path(verdicts["uri"]))
        if verdicts and failed.code == exit_codes.DATA_REFUSED
        else None
    )
    return refused or TaskFailedError(f"{failed.name} ended with code {failed.code}; its log is {failed.log}")


def _execution(result: TaskResult, store: ObjectStore) -> Execution:
    """Returns a task's result in the form in which ML Metadata describes one of the local runner, for the run report."""
    outputs = {key: _output(artifact, store) for key, artifact in result.artifacts.items()}
    parameters = {key: value for key, value in result.parameters.items() if isinstance(value, str | int | float)}
    return Execution(result.name, "failed" if result.has_failed else "ran", result.seconds, outputs, parameters)


def _output(artifact: RuntimeArtifact, store: ObjectStore) -> Output:
    properties = {name.removeprefix(_CUSTOM): value for name, value in artifact["metadata"].items()}
    return Output(store.path(artifact["uri"]), properties)
