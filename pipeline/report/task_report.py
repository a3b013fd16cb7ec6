"""The run report as a task of the pipeline writes it: from the artifacts of the run, while the run is still going."""

from __future__ import annotations

import tempfile
import time
from datetime import datetime
from pathlib import Path

import yaml

from components.pair_validator.artifacts import VERDICTS
from components.pair_validator.judging.errors import DataRefusedError
from components.production.properties import READ_AT_PROPERTY
from pipeline.config import Config
from pipeline.local.notify import notify
from pipeline.local.run_setup import write_config
from pipeline.report.collect.mlmd import Execution
from pipeline.report.collect.outcome import FinishedRun
from pipeline.report.overview.page import update_overview
from pipeline.report.run_report import write_report
from pipeline.run_folder import RUN_ID_FORMAT, RUN_NAME, cluster_run_name
from pipeline.screen.library_logs import quiet


def report_of_artifacts(
    config_yaml: str, run_id: str, executions: dict[str, Execution], hooks: bool
) -> tuple[str, list[str]]:
    """Writes the report of a run into the run's folder, and returns the page.

    The report on data that was accepted goes into no folder, because the run has not ended: its page is all there is of it.

    Args:
        config_yaml: The resolved configuration.
        run_id: The runner's id of the run.
        executions: The executions whose outputs are known, by component.
        hooks: Whether the end of the run is told here: the hooks are notified, and the page of all runs is made anew. The
            local runner does both itself, later.

    Returns:
        The page, and one line for each hook that failed.
    """
    config = Config.model_validate(yaml.safe_load(config_yaml))
    read_at = float(executions["ProductionModel"].outputs["model"].properties[READ_AT_PROPERTY])
    started = read_at if (named := _time_in(run_id)) is None else named
    error = DataRefusedError.load(executions["PairValidator"].outputs[VERDICTS].uri)
    with tempfile.TemporaryDirectory() as scratch:
        is_over = error is not None or "Pusher" in executions
        name = name_of_run(run_id, started)
        folder = config.reports / name if is_over else Path(scratch)
        run = FinishedRun(name, folder, started, time.time() - started, error, (), executions)
        if is_over:
            write_config(config, folder)
        with quiet():
            _, page = write_report(config, run)
        if hooks and is_over:
            update_overview(config.reports)
        problems = notify((folder / RUN_NAME).read_text(encoding="utf-8"), config.notify) if hooks and is_over else []
        return page.read_text(encoding="utf-8"), problems


def name_of_run(run_id: str, started: float) -> str:
    """Returns the name of a run's folder: a time, so that the names of all runs sort by time.

    Args:
        run_id: The runner's id; that of the local runner is such a name already.
        started: Time at which the run started, seconds since 1970.
    """
    if _time_in(run_id) is None:
        return cluster_run_name(datetime.fromtimestamp(started).strftime(RUN_ID_FORMAT), run_id)
    return run_id


def _time_in(run_id: str) -> float | None:
    """Returns the time in the id of a run of this machine, seconds since 1970; None for a cluster's id."""
    try:
        return datetime.strptime(run_id[:15], RUN_ID_FORMAT).timestamp()
    except ValueError:
        return None
