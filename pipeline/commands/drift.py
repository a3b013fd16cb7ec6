"""`ast-restore data drift`. What it needs is imported when it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from data.errors import InputError
from data.files import write_whole
from pipeline import exit_codes

if TYPE_CHECKING:
    from pipeline.serving.monitoring.drift import LogDrift

_EPILOG = """\b
Examples:
  ast-restore data drift measurements/ --workspace workspace
  ast-restore data drift measurements-2026-11-27.jsonl --statistics workspace/statistics/rain-1a2b3c4d

\b
Exit codes:
  0  what the server was sent is distributed like the training data, as far as the schema bounds it
  2  bad input, or too few images to say anything
  4  a measurement has drifted
"""


@click.command(epilog=_EPILOG)
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="LOG...")
@click.option(
    "--statistics",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Of the accepted statistics of a data set; it holds span-N/.",
)
@click.option(
    "--workspace", type=click.Path(path_type=Path), metavar="DIR", help="Whose one data set it is, instead of that."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it there as well.",
)
def drift(logs: tuple[Path, ...], statistics: Path | None, workspace: Path | None, json_file: Path | None) -> int:
    """Compare what `serve --log-measurements` wrote with the statistics of the newest accepted training data.

    LOG is a file, or a folder of them. Distances are TFDV's Jensen-Shannon divergences, 0 to 1, against the thresholds of
    pipeline/schema/measurements.pbtxt; a measurement that it does not bound is shown and not judged.
    """
    from pipeline.serving.monitoring.drift import data_set_in, drift_of

    if (statistics is None) == (workspace is None):
        raise InputError("data drift: give one of --statistics and --workspace")
    found = drift_of(logs, statistics or data_set_in(Path(workspace or "")))
    _print_table(found)
    if json_file is not None:
        features = [drift.to_json() | {"drifted": drift.drifted} for drift in found.comparison.features]
        told = {"images": found.images, "against": found.against, "drifted": found.drifted, "features": features}
        write_whole(json_file, json.dumps(told, indent=1) + "\n")
    return exit_codes.DATA_REFUSED if found.drifted else 0


def _print_table(found: LogDrift) -> None:
    from rich.console import Console
    from rich.table import Table

    from pipeline.serving.monitoring.drift import UNBOUNDED

    table = Table(title=f"{found.images} images against {found.against}", title_justify="left")
    table.add_column("measurement")
    for name in ("distance", "threshold"):
        table.add_column(name, justify="right")
    table.add_column("")
    for feature in found.comparison.features:
        bounded = feature.threshold is not None and feature.threshold < UNBOUNDED
        verdict = "drifted" if feature.drifted else "as in training" if bounded else "not judged"
        threshold = f"{feature.threshold:.2f}" if bounded else "-"
        table.add_row(feature.name, f"{feature.value:.3f}", threshold, verdict)
    Console().print(table)
