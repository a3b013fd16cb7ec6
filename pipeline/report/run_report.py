"""What a run leaves to be read: facts gathered, images chosen, page and model card written."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from components.production.registry import SAVED_MODEL
from data.errors import InputError
from data.files import write_whole
from pipeline.config import Config, load
from pipeline.create import create_pipeline
from pipeline.report.collect.example_images import kept_out, showcase
from pipeline.report.collect.mlmd import Execution, read_run
from pipeline.report.collect.outcome import RunEnd, facts_of
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.page.files import write_page
from pipeline.report.run_folder import CARD_NAME, CONFIG_NAME, RUN_ID_FORMAT

RUN_LOCK = ".run.lock"


class RunInterruptedError(RuntimeError):
    """A run ended without a word: its process was killed."""


def write_report(config: Config, end: RunEnd) -> tuple[RunFacts, Path]:
    """Gathers the facts of a run and writes its page; a pushed model gets its card.

    Args:
        config: The configuration it ran with.
        end: What the runner knows of it.

    Returns:
        The facts, and the path of the page.
    """
    facts = facts_of(config, end)
    shown = showcase(end.executions, config.report.examples_per_severity, facts.images)
    page = write_page(facts, shown, end.folder, kept_out(end.executions, facts.quarantine))
    if facts.pushed_version is not None:
        _lay_card(end.folder, config.models / facts.pushed_version)
    return facts, page


def _lay_card(folder: Path, version: Path) -> None:
    """Copies the card beside the model; it is no part of it, so that a reader never waits for it."""
    if not (version / SAVED_MODEL).is_file():
        return
    try:
        write_whole(version / CARD_NAME, (folder / CARD_NAME).read_text(encoding="utf-8"))
    except OSError as error:
        logging.warning("%s: the model card cannot be written: %s", version, error.strerror)


def recover(folder: Path) -> Path:
    """Writes the report of a run that left none, because it was killed: from ML Metadata and the artifacts.

    Args:
        folder: The run's folder; its `config.yaml` says where the rest is.

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
    try:
        with FileLock(config.workspace / RUN_LOCK).acquire(blocking=False), quiet():
            return write_report(config, _end_of(config, folder))[1]
    except Timeout:
        raise InputError(f"{folder}: a run is using {config.workspace}; its page comes when it ends") from None


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps what TFX and TensorFlow warn of, on reading what they wrote themselves, off the screen."""
    loggers = [logging.getLogger(name) for name in ("tensorflow", "absl")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _end_of(config: Config, folder: Path) -> RunEnd:
    executions = read_run(config.metadata, config.name, folder.name) if config.metadata.is_file() else {}
    if not executions:
        raise InputError(f"{folder}: it left neither facts nor a trace in {config.metadata}; run it again")
    started = datetime.strptime(folder.name[:15], RUN_ID_FORMAT).timestamp()
    seconds = sum(execution.seconds for execution in executions.values())
    return RunEnd(folder.name, folder, started, seconds, _error(executions), _components(config), executions)


def _components(config: Config) -> tuple[str, ...]:
    """Names the components in the order in which they run; what data they read makes no difference to it."""
    return tuple(
        component.id for component in create_pipeline(config, config.data.records or config.workspace).components
    )


def _error(executions: dict[str, Execution]) -> RunInterruptedError | None:
    pusher = executions.get("Pusher")
    if pusher is not None and pusher.state != "failed":
        return None
    return RunInterruptedError(f"the run was interrupted in or after {list(executions)[-1]}")
