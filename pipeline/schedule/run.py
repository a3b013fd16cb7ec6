"""A schedule as `ast-restore schedule` starts it: it runs the pipeline in child processes until a signal stops it."""

from __future__ import annotations

import logging
import os
import signal
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event
from types import FrameType

from components.span_window.window import choose_window
from data.errors import InputError
from pipeline.config import Config, load
from pipeline.schedule.child import run_child
from pipeline.schedule.drift import DriftWatch
from pipeline.schedule.drift_reading import READING_NAME, DriftSource, require_log
from pipeline.schedule.judged import judged_run
from pipeline.schedule.scheduler import Retry, Scheduler
from pipeline.schedule.status import FOLDER
from pipeline.schedule.triggers import Cron, Poll, Trigger

_GRACE_SECONDS = 60.0
"""Time that a run has to end by itself after SIGTERM."""


@dataclass(frozen=True, slots=True)
class ScheduleRequest:
    """The options of the command.

    Attributes:
        config: The configuration of the runs.
        overrides: `key.path=value` pairs that replace values of the configuration.
        cron: Five fields of crontab; None: poll.
        timezone: Time zone of `cron`; None: the machine's.
        poll_seconds: Time between two checks for new data without `cron`.
        is_watching: Whether the schedule runs whenever data arrives.
        is_once: Whether to check once and end.
        should_always_run: Whether to run on unchanged data too.
        retries: Retries of a run that crashed before the gate.
        backoff_seconds: Wait before the first retry.
        drift_log: Folder of `serve --log-measurements`, whose drift starts runs too; None: drift is not watched.
        drift_seconds: Time between two comparisons of the requests.
        drift_hours: Hours that the compared requests reach back, and length of the cool-down.
        drift_images: Fewest requests to judge.
    """

    config: Path
    overrides: tuple[str, ...]
    cron: str | None
    timezone: str | None
    poll_seconds: float
    is_watching: bool
    is_once: bool
    should_always_run: bool
    retries: int
    backoff_seconds: float
    drift_log: Path | None
    drift_seconds: float
    drift_hours: float
    drift_images: int


def run_schedule(request: ScheduleRequest) -> int:
    """Runs the pipeline on a schedule until SIGTERM or SIGINT.

    Args:
        request: The options of the command.

    Returns:
        The exit code of the run for `is_once`, else 0.

    Raises:
        InputError: The configuration names no records, the cron expression is invalid, or another schedule uses the workspace.
    """
    config = load(request.config, request.overrides)
    stop = Event()
    trigger = _trigger(request)
    scheduler = _scheduler(request, config, stop)
    _stop_on_signals(stop)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    if request.is_once:
        return scheduler.once(os.getpid())
    scheduler.serve(trigger, os.getpid())
    return 0


def _scheduler(request: ScheduleRequest, config: Config, stop: Event) -> Scheduler:
    records, data = config.data.records, config.data
    if records is None:
        raise InputError(
            "schedule: data.records must name the folder in which spans arrive; synthetic data never changes"
        )
    sets = [word for override in request.overrides for word in ("--set", override)]
    arguments = ["run", "--config", str(request.config), *sets]
    drift = None
    if request.drift_log is not None:
        require_log(request.drift_log)
        drift = _drift(request.drift_log, request, config, records, stop)
    return Scheduler(
        workspace=config.workspace,
        fingerprint=lambda: choose_window(records, data.window, data.evaluation).fingerprint(),
        run=lambda reason: run_child([*arguments, "--reason", reason], stop, _GRACE_SECONDS),
        stop=stop,
        judged=lambda fingerprint: _judged(request, fingerprint),
        retry=Retry(request.retries, request.backoff_seconds),
        should_always_run=request.should_always_run,
        should_retry_failed_data=not request.is_watching,
        drift=drift,
    )


def _trigger(request: ScheduleRequest) -> Trigger | None:
    if request.cron is not None:
        return Cron.parse(request.cron, request.timezone)
    return Poll(request.poll_seconds) if request.is_watching or request.is_once else None


def _drift(log: Path, request: ScheduleRequest, config: Config, records: Path, stop: Event) -> DriftWatch:
    file = config.workspace / FOLDER / READING_NAME
    source = DriftSource(log, config.accepted_statistics(records), request.drift_hours, request.drift_images, file)
    return DriftWatch(
        read=lambda: source.read(lambda arguments, errors: run_child(arguments, stop, _GRACE_SECONDS, errors)),
        interval=timedelta(seconds=request.drift_seconds),
        cool_down=timedelta(hours=request.drift_hours),
    )


def _judged(request: ScheduleRequest, fingerprint: str) -> str | None:
    """Returns the run that has judged this data, by the configuration as it is now: the next run reads it anew too."""
    try:
        return judged_run(load(request.config, request.overrides), fingerprint)
    except InputError:  # the run says what is wrong with it
        return None


def _stop_on_signals(stop: Event) -> None:
    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, handle)
