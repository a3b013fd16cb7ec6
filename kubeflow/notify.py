"""The exit task's entry point: notifies the hooks of how the run ended, once, and writes the report of one that failed.

It runs after all other tasks, whether they failed or not. A report that the run has written on the volume says how it ended;
where there is none the run failed, and the tasks' notes say where.

    python -m kubeflow.notify <Kubeflow's ExecutorInput>
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from data.errors import InputError
from data.storage.files import write_whole
from kubeflow.notes import RUN_ID_PARAMETER, Note, RunNotes, TaskFailedError
from kubeflow.task import ended, name_the_user, require_filled
from pipeline.config import Config
from pipeline.local.notify import notify
from pipeline.local.run_setup import write_config
from pipeline.report.collect.outcome import FinishedRun
from pipeline.report.facts.run_summary import RunSummary
from pipeline.report.overview.page import update_overview
from pipeline.report.run_report import write_report
from pipeline.report.task_report import name_of_run
from pipeline.run_folder import LOG_NAME, RUN_NAME, name_in
from pipeline.screen.library_logs import quiet

_NO_TASK = "no task of the pipeline says why; Kubeflow's page of the run shows the pod that failed"
"""Where a pod could not begin, as for want of its image, or a volume."""


def notify_hooks(config: Config, run_id: str) -> list[str]:
    """Notifies the hooks of how a run ended, unless an earlier attempt of this task has.

    Args:
        config: The resolved configuration.
        run_id: The cluster's id of the run.

    Returns:
        One line for each hook that failed.
    """
    notes = RunNotes.of(config.workspace, run_id)
    summary = _ended(config.reports, run_id) or _write_failure(config, run_id, notes)
    update_overview(config.reports)
    text = summary.read_text(encoding="utf-8")
    if not notes.claim(_verdict(summary)):
        logging.info("the hooks of this run have been notified already")
        return []
    return notify(text, config.notify)


def _ended(reports: Path, run_id: str) -> Path | None:
    """Returns the `run.json` of a run that came to a verdict, the newest where it was retried by hand; None if it failed."""
    own = (file for file in sorted(reports.glob(f"*/{RUN_NAME}")) if name_in([file.parent.name], run_id))
    return next((file for file in reversed(list(own)) if _verdict(file) != "failed"), None)


def _verdict(file: Path) -> str:
    return RunSummary.model_validate_json(file.read_text(encoding="utf-8")).verdict


def _write_failure(config: Config, run_id: str, notes: RunNotes) -> Path:
    """Writes the report of a run that failed, from the notes of its tasks, and returns its `run.json`."""
    remaining, now = notes.remaining(), time.time()
    started = notes.started() or now
    name = name_of_run(run_id, started)
    folder = config.reports / name
    write_config(config, folder)
    write_whole(folder / LOG_NAME, _log(remaining), errors="replace")
    error = TaskFailedError("; ".join(note.sentence for note in remaining) or _NO_TASK)
    with quiet():
        write_report(config, FinishedRun(name, folder, started, now - started, error, (), {}))
    return folder / RUN_NAME


def _log(notes: Sequence[Note]) -> str:
    return "".join(f"== {note.task}\n{note.log or note.sentence}\n" for note in notes)


def main(executor_input: str) -> None:
    """Notifies the hooks; one that fails is logged and does not change how the run ended.

    Args:
        executor_input: Kubeflow's ExecutorInput, JSON.

    Raises:
        InputError: Kubeflow has not filled in the run's id.
    """
    values = json.loads(executor_input)["inputs"]["parameterValues"]
    require_filled(values)
    config = Config.model_validate(yaml.safe_load(values["config"]))
    for problem in notify_hooks(config, values[RUN_ID_PARAMETER]):
        logging.warning("%s", problem)


if __name__ == "__main__":
    name_the_user()
    logging.basicConfig(level=logging.INFO)
    try:
        main(sys.argv[1])
    except InputError as error:
        sys.exit(ended(error))
