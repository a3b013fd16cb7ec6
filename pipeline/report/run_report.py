"""Writes the run report: gathers the facts of a run, chooses its images, and writes page and model card."""

from __future__ import annotations

import logging
from pathlib import Path

from components.pair_validator.drift.drift_file import DRIFT_FILE
from components.pair_validator.judging.errors import DataRefusedError
from components.production.registry import SAVED_MODEL
from data.storage.files import write_whole
from pipeline.config import Config
from pipeline.report.collect.example_images import example_images, quarantined_images
from pipeline.report.collect.outcome import FinishedRun, facts_of
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.page.files import pictures_in, write_page, write_page_with
from pipeline.run_folder import CARD_NAME


def write_report(config: Config, run: FinishedRun) -> tuple[RunFacts, Path]:
    """Writes the report of a run, and the model card beside a pushed model.

    Args:
        config: The configuration of the run.
        run: The run.

    Returns:
        The facts, and the path of the page.
    """
    facts = facts_of(config, run)
    # The pipeline's own task has restored the images already, where the run reached it; only the runner knows the times.
    pictures = pictures_in(run.folder)
    if pictures is None:
        examples = example_images(run.executions, config.report.examples_per_severity, facts.images)
        shown_first = [pair_id for advice in facts.advice for pair_id in advice.examples]
        quarantined = quarantined_images(run.executions, facts.quarantine, shown_first)
        page = write_page(facts, examples, run.folder, quarantined)
    else:
        page = write_page_with(facts, pictures, run.folder)
    if isinstance(run.error, DataRefusedError):
        _copy_verdicts(run.error.verdicts, run.folder)
    if facts.pushed_version is not None:
        _copy_card(run.folder, config.models / facts.pushed_version)
    return facts, page


def _copy_verdicts(verdicts: Path, folder: Path) -> None:
    """Copies the verdicts on refused data and its drift to the run's folder, where they stay."""
    for file in (verdicts, verdicts.with_name(DRIFT_FILE)):
        if file.parent != folder:
            write_whole(folder / file.name, file.read_text(encoding="utf-8"))


def _copy_card(folder: Path, version: Path) -> None:
    """Copies the model card beside the pushed model; the push does not wait for it."""
    if not (version / SAVED_MODEL).is_file():
        return
    try:
        write_whole(version / CARD_NAME, (folder / CARD_NAME).read_text(encoding="utf-8"))
    except OSError as error:
        logging.warning("%s: the model card cannot be written: %s", version, error.strerror)
