"""`ast-restore schedule`."""

from __future__ import annotations

from pathlib import Path

import click

from data.errors import InputError
from pipeline.commands.drift_options import hours_option, images_option
from pipeline.commands.options import config_option, set_option, with_options
from pipeline.commands.parameter_types import FilePath, WholeRange, seconds_from
from pipeline.exit_codes import SCHEDULE, epilog

_EPILOG = epilog(
    SCHEDULE,
    'ast-restore schedule --cron "0 3 * * *" --config nightly.yaml',
    "ast-restore schedule --watch --config nightly.yaml",
    'ast-restore schedule --cron "0 3 * * 0" --on-drift measurements --config nightly.yaml',
    "ast-restore schedule --once --config nightly.yaml     (from cron, systemd, or a Kubernetes CronJob)",
)


@click.command(epilog=_EPILOG)
@with_options(
    click.option("--cron", metavar='"M H D M W"', help="Run at these times, in crontab's five fields."),
    click.option(
        "--timezone", metavar="NAME", help="Time zone of --cron, such as Europe/Berlin.  [default: this machine's]"
    ),
    click.option("--watch", is_flag=True, help="Run whenever a span arrives or is replaced."),
    click.option(
        "--every",
        type=seconds_from(1),
        metavar="SECONDS",
        help="Time between two checks of --watch for new data (60 s by default), or of --on-drift for drift (900 s).",
    ),
    click.option(
        "--once", is_flag=True, help="Check for new data once, run if there is any, and exit with the run's code."
    ),
    click.option(
        "--on-drift",
        "drift_log",
        type=FilePath(file_okay=False),
        metavar="FOLDER",
        help="Run when the requests in a log of serve --log-measurements drift from the training data, and there is new data.",
    ),
    hours_option(
        "--drift-hours",
        "Age of the oldest requests that --on-drift compares; as long, it starts no second run after one.",
        default=24.0,
    ),
    images_option("--drift-images", "Fewest requests that --on-drift judges.", default=200),
    click.option(
        "--always",
        is_flag=True,
        help="Run also when there is no new data; a drift runs on the same data once.",
    ),
    click.option(
        "--retries",
        type=WholeRange(min=0),
        default=3,
        show_default=True,
        help="Retries of a run that crashed before the gate.",
    ),
    click.option(
        "--backoff",
        type=seconds_from(0),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="Wait before the first retry, in seconds; it doubles with each retry.",
    ),
    config_option(default=""),
    set_option,
)
def schedule(
    cron: str | None, timezone: str | None, watch: bool, every: float | None, once: bool, drift_log: Path | None,
    drift_hours: float, drift_images: int, always: bool, retries: int, backoff: float, config: Path,
    overrides: tuple[str, ...],
) -> int:  # fmt: skip
    """Run the pipeline at set times, on new data or on drift.

    Only one run is active at a time, and none repeats a verdict on the same data, also not that of an
    `ast-restore run` in the workspace. A run that crashed is retried; a verdict ends the attempts. Times missed while
    the schedule was down are made up for by one run. SIGTERM stops the schedule and its run, which resumes when the
    schedule is started again. WORKSPACE/schedule/status.json shows the state and the last run.
    """
    from pipeline.schedule.run import ScheduleRequest, run_schedule

    if watch and drift_log is not None:
        raise InputError("schedule: --watch runs as soon as there is new data already; give --on-drift without it")
    if sum((cron is not None, watch, once)) != 1 and (drift_log is None or once):
        raise InputError("schedule: give one of --cron, --watch and --once, or --on-drift")
    return run_schedule(
        ScheduleRequest(
            config=config, overrides=overrides, cron=cron, timezone=timezone, poll_seconds=every or 60, is_watching=watch,
            is_once=once, should_always_run=always, retries=retries, backoff_seconds=backoff,
            drift_log=drift_log, drift_seconds=every or 900, drift_hours=drift_hours, drift_images=drift_images,
        )
    )  # fmt: skip
