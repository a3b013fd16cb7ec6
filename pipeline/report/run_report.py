"""Writes the run report: gathers the facts of a run, chooses its images, and writes page and model card."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from components.production.registry import SAVED_MODEL
from data.errors import InputError
from data.files import write_whole
from data.locks import exclusive
from pipeline.config import Config, load
from pipeline.create import create_pipeline
from pipeline.report.collect.example_images import example_images, quarantined_images
from pipeline.report.collect.mlmd import Execution, read_run
from pipeline.report.collect.outcome import FinishedRun, facts_of
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.page.files import write_page
from pipeline.run_folder import CARD_NAME, CONFIG_NAME, RUN_ID_FORMAT
from pipeline.workspace import RUN_LOCK


class RunInterruptedError(RuntimeError):
    """The process of a run was killed before it could write its report."""


def write_report(config: Config, run: FinishedRun) -> tuple[RunFacts, Path]:
    """Writes the report of a run, and the model card beside a pushed model.

    Args:
        config: The configuration of the run.
        run: The run.

    Returns:
        The facts, and the path of the page.
    """
    facts = facts_of(config, run)
    examples = example_images(run.executions, config.report.examples_per_severity, facts.images)
    shown_first = [pair_id for advice in facts.advice for pair_id in advice.examples]
    quarantined = quarantined_images(run.executions, facts.quarantine, shown_first)
    page = write_page(facts, examples, run.folder, quarantined)
    if facts.pushed_version is not None:
        _copy_card(run.folder, config.models / facts.pushed_version)
    return facts, page


def _copy_card(folder: Path, version: Path) -> None:
    """Copies the model card beside the pushed model; the push does not wait for it."""
    if not (version / SAVED_MODEL).is_file():
        return
    try:
        write_whole(version / CARD_NAME, (folder / CARD_NAME).read_text(encoding="utf-8"))
    except OSError as error:
        logging.warning("%s: the model card cannot be written: %s", version, error.strerror)


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
        return write_report(config, _interrupted_run(config, folder))[1]


@contextmanager
def quiet() -> Iterator[None]:
    """Silences the warnings that TFX and TensorFlow print while they read their own files."""
    loggers = [logging.getLogger(name) for name in ("tensorflow", "absl")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _interrupted_run(config: Config, folder: Path) -> FinishedRun:
    executions = read_run(config.metadata, config.name, folder.name) if config.metadata.is_file() else {}
    if not executions:
        raise InputError(f"{folder}: it left neither facts nor a trace in {config.metadata}; run it again")
    return FinishedRun(
        run_id=folder.name,
        folder=folder,
        started=datetime.strptime(folder.name[:15], RUN_ID_FORMAT).timestamp(),
        seconds=sum(execution.seconds for execution in executions.values()),
        error=_interruption(executions),
        components=_components(config),
        executions=executions,
    )


def _components(config: Config) -> tuple[str, ...]:
    """Returns the names of the components in the order in which they run, whatever records they read."""
    pipeline = create_pipeline(config, config.data.records or config.workspace)
    return tuple(component.id for component in pipeline.components)


def _interruption(executions: dict[str, Execution]) -> RunInterruptedError | None:
    pusher = executions.get("Pusher")
    if pusher is not None and pusher.state != "failed":
        return None
    return RunInterruptedError(f"the run was interrupted in or after {list(executions)[-1]}")
