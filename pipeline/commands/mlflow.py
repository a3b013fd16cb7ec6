"""`ast-restore mlflow`: export runs to an MLflow server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.commands.options import config_options
from pipeline.screen.terminal import print_line

if TYPE_CHECKING:
    from pipeline.config import Config


@click.group()
def mlflow() -> None:
    """Export runs to an MLflow server.

    The server is that of `mlflow` in the configuration, or else of the variable MLFLOW_TRACKING_URI.
    """


@mlflow.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option("--all", "should_export_all", is_flag=True, help="Export every run of the workspace that has a report.")
@config_options
def export(runs: tuple[str, ...], should_export_all: bool, config: Path | None, overrides: tuple[str, ...]) -> None:
    """Export runs, and let the alias follow production.

    RUN is the id of a run, the path of its folder or report, or `latest` (the default). A run that MLflow has already is not
    exported twice. The alias `champion` is set as `sync` does it.
    """
    from pipeline.config import load
    from pipeline.report import runs as known

    if runs and should_export_all:
        raise click.UsageError(f"--all names every run itself: leave out {' '.join(runs)}")
    resolved = load(config, overrides)
    names = known.run_names(resolved.reports) if should_export_all else []
    folders = [resolved.reports / name for name in names if known.has_facts(resolved.reports / name)]
    folders = folders or [known.find(resolved.reports, run) for run in runs or (known.LATEST,)]
    _export(resolved, folders)


@mlflow.command()
@config_options
def sync(config: Path | None, overrides: tuple[str, ...]) -> None:
    """Set the alias `champion` to the production model.

    For use after a rollback. The alias names the registered version with the content of the production model. Where
    MLflow has no such version, no version has the alias.
    """
    from pipeline.config import load

    _export(load(config, overrides), [])


def _export(config: Config, folders: list[Path]) -> None:
    """Exports runs and prints a line for each.

    Raises:
        InputError: The configuration names no server, a run has no facts, or the server does not take everything.
    """
    from data.errors import InputError
    from pipeline.tracking.export import ExportError, export
    from pipeline.tracking.server import server_of

    server = server_of(config.mlflow)
    try:
        done = export(folders, config.reports, config.models, server, config.mlflow)
    except ExportError as error:
        raise InputError(str(error)) from error
    for line in done.lines:
        click.echo(line)
    for note in done.notes:
        print_line(f"note: {note}")
