"""`ast-restore schedule`."""

from __future__ import annotations

import logging
import os
import signal
from pathlib import Path
from threading import Event
from typing import Any

import click

from data.errors import InputError

_EXAMPLES = """\b
Examples:
  ast-restore schedule --cron "0 3 * * *" --config nightly.yaml
  ast-restore schedule --watch --config nightly.yaml
  ast-restore schedule --once --config nightly.yaml     (from cron, systemd, or a Kubernetes CronJob)
"""
_GRACE_SECONDS = 60.0


@click.command(epilog=_EXAMPLES)
@click.option("--cron", metavar='"M H D M W"', help="Run at these moments, in crontab's five fields.")
@click.option("--timezone", "zone", help="Of --cron, such as Europe/Berlin.  [default: this machine's]")
@click.option("--watch", is_flag=True, help="Run whenever a span arrives or is replaced.")
@click.option(
    "--every", type=click.FloatRange(min=1), default=60.0, show_default=True, help="Seconds between looks of --watch."
)
@click.option("--once", is_flag=True, help="Look once, run if there is new data, and exit with the run's code.")
@click.option("--always", is_flag=True, help="Run whether there is new data or not.")
@click.option(
    "--retries", type=click.IntRange(min=0), default=3, show_default=True, help="Of a run that came to no verdict."
)
@click.option(
    "--backoff",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="Seconds before the first retry, twice as many before each further one.",
)
@click.option("--config", type=click.Path(path_type=Path), required=True, help="The configuration of the runs.")
@click.option("--set", "overrides", multiple=True, metavar="KEY.PATH=VALUE", help="Replace one value of it.")
def schedule(
    cron: str | None, zone: str | None, watch: bool, every: float, once: bool, always: bool, retries: int, backoff: float,
    config: Path, overrides: tuple[str, ...],
) -> int:  # fmt: skip
    """Run the pipeline on a schedule, or when data arrives: one run at a time, never twice on the same data.

    A run that fails is tried again; a verdict, whatever it is, is not. What was due while the schedule was down is caught up
    once. SIGTERM stops it, and the run with it, which goes on where it was when the schedule is started again. What it does
    and did last is in WORKSPACE/schedule/status.json.
    """
    from components.span_window.window import choose
    from pipeline.config import load
    from pipeline.schedule.child import run_child
    from pipeline.schedule.scheduler import Cron, Poll, Retry, Scheduler

    if sum((cron is not None, watch, once)) != 1:
        raise InputError("schedule: give one of --cron, --watch and --once")
    resolved = load(config, overrides)
    data = resolved.data
    if data.records is None:
        raise InputError("schedule: data.records must name the folder in which spans arrive; drawn data never changes")
    trigger = Cron.parse(cron, zone) if cron is not None else Poll(every)
    records, stop = data.records, Event()
    _stop_on_signals(stop)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    arguments = ["run", "--config", str(config), *(text for one in overrides for text in ("--set", one))]
    scheduler = Scheduler(
        workspace=resolved.workspace,
        fingerprint=lambda: choose(records, data.window, data.evaluation).fingerprint(),
        run=lambda: run_child(arguments, stop, _GRACE_SECONDS),
        stop=stop,
        retry=Retry(retries, backoff),
        always=always,
        stubborn=not watch,
    )
    if once:
        return scheduler.once(os.getpid())
    scheduler.serve(trigger, os.getpid())
    return 0


def _stop_on_signals(stop: Event) -> None:
    def handle(number: int, frame: Any) -> None:
        del number, frame
        stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, handle)
