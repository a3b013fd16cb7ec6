"""`ast-restore kubeflow dry-run`: the compiled pipeline on this machine, before a cluster is asked to run it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout
from rich.console import Console

from components.pair_validator.judging.errors import DataRefusedError
from components.pair_validator.judging.refusal import Refusal
from components.pair_validator.judging.verdicts import VERDICTS_FILE
from data.errors import InputError
from data.files import write_whole
from kubeflow.compile import compile_pipeline
from kubeflow.launcher import TaskResult, execute, ordered
from pipeline.config import Config
from pipeline.local.records_source import prepare_records, records_directory
from pipeline.report.collect.mlmd import Execution, Output
from pipeline.report.collect.outcome import FinishedRun
from pipeline.report.page.console import summary
from pipeline.report.run_folder import CONFIG_NAME, LOG_NAME, last_lines
from pipeline.report.run_report import RUN_LOCK, quiet, write_report
from pipeline.run import exit_code_of, new_run_id

_CUSTOM = "custom:"  # TFX's prefix of a custom property whose name is a property's as well
_NO_RUN = "unknown-run"
"""The folder in which the PairValidator keeps verdicts on refused data where TFX does not tell it the run's id."""


class TaskFailedError(RuntimeError):
    """A task's process ended with another code than 0."""


def dry_run(config: Config, parallel: int = 1) -> int:
    """Compiles the pipeline and executes what was compiled, task by task, then writes the page of the run.

    Nothing is cached: every task runs, and `push_directory` is the one of a local run, so what is pushed is in production.

    Args:
        config: The resolved configuration.
        parallel: Tasks that may run at a time.

    Returns:
        The exit code, as that of `ast-restore run`.

    Raises:
        InputError: There is no data, or another run is using the workspace.
    """
    records = records_directory(config)
    config.workspace.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(config.workspace / RUN_LOCK).acquire(blocking=False):
            return _run(config, records, parallel)
    except Timeout:
        raise InputError(f"{config.workspace}: another run is using this workspace; wait for it to end") from None


def _run(config: Config, records: Path, parallel: int) -> int:
    console, started = Console(stderr=True), time.time()
    prepare_records(config, console)
    run_id = new_run_id(config.reports)
    folder, work = config.reports / run_id, config.workspace / "kubeflow" / run_id
    write_whole(folder / CONFIG_NAME, config.to_yaml())
    compiled = work / "pipeline.yaml"
    local = config.model_copy(update={"kubeflow": config.kubeflow.model_copy(update={"volume_claim": None})})
    compile_pipeline(local, compiled, image="this-machine", pipeline_root=str(work / "artifacts"), records=records)
    spec: dict[str, Any] = next(yaml.safe_load_all(compiled.read_text(encoding="utf-8")))
    names = ordered(spec)
    results = []
    for result in execute(spec, run_id, work, parallel):
        results.append(result)
        state = "ran" if result.code == 0 else f"ended with {result.code}"
        console.print(
            f"{len(results):3}/{len(names)} {result.name:24} {state:12} {result.seconds:6.1f} s", markup=False
        )
    _join_logs(results, folder / LOG_NAME)
    failed = [result for result in results if result.code != 0]
    for result in failed:
        _show_log(result, console)
    error = _error_of(failed[0], config.reports, folder) if failed else None
    executions = {result.name: _execution(result) for result in results}
    ended = FinishedRun(run_id, folder, started, time.time() - started, error, tuple(names), executions)
    with quiet():
        facts, page = write_report(config, ended)
    Console(soft_wrap=True).print(summary(facts, page))
    return exit_code_of(facts)


def _execution(result: TaskResult) -> Execution:
    """Puts a task's end as ML Metadata would tell it of the local runner's, which is what the page is made from."""
    outputs = {
        key: Output(
            Path(artifact["uri"]),
            {name.removeprefix(_CUSTOM): value for name, value in artifact.get("metadata", {}).items()},
        )
        for key, artifact in result.artifacts.items()
    }
    return Execution(result.name, "ran" if result.code == 0 else "failed", result.seconds, outputs)


def _error_of(result: TaskResult, reports: Path, folder: Path) -> Exception:
    """Says what ended the run, from the last lines of the task's log; the verdicts on refused data go to the run's folder."""
    lines, _ = last_lines(result.log, longest=4000)
    nameless = reports / _NO_RUN
    for line in reversed(lines):
        _, name, message = line.partition(f"{DataRefusedError.__name__}: ")
        if name and (nameless / VERDICTS_FILE).is_file():
            for file in nameless.iterdir():
                file.replace(folder / file.name)
            nameless.rmdir()
            reason, _, details = message.partition(": ")
            return DataRefusedError(Refusal(reason, details), folder / VERDICTS_FILE)
    return TaskFailedError(f"{result.name} ended with code {result.code}; its log is {result.log}")


def _show_log(result: TaskResult, console: Console) -> None:
    lines, _ = last_lines(result.log)
    console.print(f"{result.name} failed; the end of {result.log}:", markup=False, soft_wrap=True)
    for line in lines:
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


def _join_logs(results: list[TaskResult], log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as joined:
        for result in results:
            joined.write(f"== {result.name}\n".encode())
            with result.log.open("rb") as own:
                shutil.copyfileobj(own, joined)
