"""The `ast-restore` command."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from data.errors import InputError
from pipeline import exit_codes
from pipeline.commands.bench import bench
from pipeline.commands.check import check
from pipeline.commands.data import data
from pipeline.commands.drift import drift
from pipeline.commands.import_checkpoint import import_model
from pipeline.commands.input_benchmark import bench_input
from pipeline.commands.kubeflow import kubeflow
from pipeline.commands.models import models
from pipeline.commands.restore import restore
from pipeline.commands.schedule import schedule
from pipeline.commands.serve import serve
from pipeline.report.run_folder import REPORTS

EXIT_CODES = """\b
Exit codes:
  0  a model was pushed, or the one in production is this very model
  1  something else went wrong; the run's page and log say what
  2  bad input or configuration
  3  the model was refused; production is unchanged
  4  the data was refused; nothing was trained
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ast-restoration", prog_name="ast-restore")
def cli() -> None:
    """Train, judge and use an image restoration model (rain, haze, raindrops)."""


@cli.command(epilog=EXIT_CODES)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="A YAML file, or the name of one that the project ships (demo, real). Default: demo.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY.PATH=VALUE",
    help="Replace one value of the configuration, such as --set workspace=/tmp/w. May be given many times.",
)
def run(config: Path | None, overrides: tuple[str, ...]) -> int:
    """Run the pipeline on this machine: check the data, train, judge, push, and write the page of the run."""
    from pipeline.config import load

    resolved = load(config, overrides)
    # TFX takes ten seconds to load; a mistake in the configuration need not wait for it.
    click.echo("loading TFX ...", err=True)
    from pipeline.run import run as run_pipeline

    return run_pipeline(resolved)


@cli.command()
@click.argument("run", default="latest", metavar="[RUN]")
@click.option(
    "--workspace", type=click.Path(path_type=Path), help="Folder that holds reports/. Default: the configuration's."
)
@click.option(
    "--config", type=click.Path(path_type=Path), help="The configuration whose workspace it is. Default: demo."
)
@click.option("--open", "open_it", is_flag=True, help="Open the page in a browser.")
@click.option("--list", "list_them", is_flag=True, help="List the runs instead: id, verdict, gain, version.")
def report(run: str, workspace: Path | None, config: Path | None, open_it: bool, list_them: bool) -> int:
    """Make the page of a run again and print where it is.

    RUN is the id of a run, the path of its folder or page, or `latest`. The page is made from what lies in the run's
    folder; of a run that was killed, from ML Metadata and the artifacts.
    """
    from rich.console import Console

    from pipeline.commands import report
    from pipeline.config import load

    reports = (workspace.expanduser().absolute() / REPORTS) if workspace else load(config).reports
    if list_them:
        report.list_runs(reports, Console())
        return 0
    return report.report(reports, run, open_it)


data.add_command(check)
data.add_command(drift)
models.add_command(import_model)
bench.add_command(bench_input)
cli.add_command(data)
cli.add_command(restore)
cli.add_command(models)
cli.add_command(bench)
cli.add_command(kubeflow)
cli.add_command(schedule)
cli.add_command(serve)


def main() -> None:
    """Runs the command; bad input ends in one line and its exit code, never in a traceback."""
    try:
        code = cli.main(standalone_mode=False)
    except InputError as error:
        click.echo(f"ast-restore: {error}", err=True)
        code = exit_codes.BAD_INPUT
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("ast-restore: interrupted", err=True)
        code = 130
    sys.exit(code or 0)
