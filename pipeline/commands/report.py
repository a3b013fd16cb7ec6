"""`ast-restore report`."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from pipeline import exit_codes
from pipeline.commands.options import config_option, workspace_option
from pipeline.screen.terminal import print_line


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@workspace_option("whose run reports are read.  [default: that of --config]")
@config_option()
@click.option("--open", "should_open", is_flag=True, help="Open the run report in a browser.")
@click.option("--list", "should_list", is_flag=True, help="List the runs instead: id, verdict, gain, version.")
@click.option(
    "--compare",
    nargs=2,
    metavar="A B",
    help="Compare two runs image by image instead, and print the path of that page; A and B are named as RUN is.",
)
def report(
    run: str | None,
    workspace: Path | None,
    config: Path | None,
    should_open: bool,
    should_list: bool,
    compare: tuple[str, str] | None,
) -> int:
    """Rebuild the report of a run and print its path.

    RUN is the id of a run, the path of its folder or report, or `latest` (the default). The report is rebuilt byte for byte
    from facts.json in the run's folder; for a killed run, from ML Metadata and the artifacts. The page of all runs,
    reports/index.html in the workspace, is made anew too.
    """
    from pipeline.config import load
    from pipeline.report import runs
    from pipeline.run_folder import REPORTS
    from pipeline.screen.plain_console import PlainConsole

    if compare and (run or should_list):
        raise click.UsageError(f"--compare names its two runs itself: leave out {run or '--list'}")
    reports = (workspace.absolute() / REPORTS) if workspace else load(config).reports
    if should_list:
        runs.list_runs(reports, PlainConsole())
        return 0
    path = _compared(reports, *compare) if compare else _rebuilt(reports, run or runs.LATEST)
    click.echo(path)
    if should_open and not webbrowser.open(path.as_uri()):
        print_line("no browser could be started; open the file above yourself")
        return exit_codes.FAILED
    return 0


def _compared(reports: Path, first: str, second: str) -> Path:
    from pipeline.report import runs
    from pipeline.report.comparison.page import write_comparison

    return write_comparison(runs.find(reports, first), runs.find(reports, second), reports)


def _rebuilt(reports: Path, run: str) -> Path:
    """Writes the report of a run again, and the page of all runs if it is one of a workspace."""
    from pipeline.report import runs
    from pipeline.report.overview.page import write_overview
    from pipeline.run_folder import REPORTS

    folder = runs.find(reports, run)
    path = runs.rebuild_report(folder) if runs.has_facts(folder) else _recovered(folder)
    if folder.parent.name == REPORTS:  # a run's folder that was copied elsewhere has no neighbours
        write_overview(folder.parent)
    return path


def _recovered(folder: Path) -> Path:
    """Writes the report of a run that was killed; TFX takes seconds to load, and other reports do not need it."""
    click.echo(f"{folder.name} left no report; rebuilding it from metadata and artifacts ...", err=True)
    from pipeline.recovery import recover

    return recover(folder)
