"""`ast-restore data drift`."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import click

from data.errors import InputError
from data.storage.files import write_whole
from pipeline import exit_codes
from pipeline.commands.drift_options import hours_option, images_option
from pipeline.commands.options import json_file_option, with_options, workspace_option
from pipeline.commands.parameter_types import FilePath

_EPILOG = exit_codes.epilog(
    exit_codes.DRIFT,
    "ast-restore data drift measurements/ --workspace workspace",
    "ast-restore data drift measurements/ --workspace workspace --hours 24 --min-images 200",
    "ast-restore data drift measurements-2026-11-27.jsonl --statistics workspace/statistics/rain-1a2b3c4d",
)


@click.command(epilog=_EPILOG)
@click.argument("logs", nargs=-1, required=True, type=FilePath(), metavar="LOG...")
@with_options(
    click.option(
        "--statistics",
        type=FilePath(),
        metavar="FOLDER",
        help="Accepted statistics of a data set: a folder that holds span-N/.",
    ),
    workspace_option("whose accepted statistics are used instead; it must hold one data set."),
    hours_option("--hours", "Compare only the images of the last hours.  [default: all in the logs]"),
    images_option("--min-images", "Fewest images to compare; fewer are too few to judge."),
    json_file_option,
)
def drift(
    logs: tuple[Path, ...], statistics: Path | None, workspace: Path | None, hours: float | None, min_images: int,
    json_file: Path | None,
) -> int:  # fmt: skip
    """Compare the images that a server got with the training data.

    The measurements in the logs of `serve --log-measurements` are compared with the statistics of the newest accepted
    training data. LOG is a file, or a folder of them. Distances are TFDV's Jensen-Shannon divergences, 0 to 1, against
    the thresholds of pipeline/schema/measurements.pbtxt; a measurement without a threshold is shown and not judged.
    """
    from pipeline.screen.plain_console import PlainConsole
    from pipeline.serving.monitoring.drift import data_set_in, drift_of
    from pipeline.serving.monitoring.drift_output import drift_json, drift_table

    if (statistics is None) == (workspace is None):
        raise InputError("data drift: give one of --statistics and --workspace")
    data_set = statistics or data_set_in(Path(workspace or ""))
    since = None if hours is None else datetime.now(timezone.utc) - timedelta(hours=hours)
    log_drift = drift_of(logs, data_set, since, min_images)
    PlainConsole().print(drift_table(log_drift))
    if json_file is not None:
        write_whole(json_file, drift_json(log_drift))
    return exit_codes.DATA_REFUSED if log_drift.has_drifted else 0
