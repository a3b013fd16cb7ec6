"""`ast-restore config`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.commands.options import as_json_option, config_options, print_json, workspace_option
from pipeline.exit_codes import ANY, epilog

_EPILOG = epilog(
    ANY,
    "ast-restore config train.warm_start",
    "ast-restore config gate --config nightly.yaml",
    "ast-restore config --config nightly.yaml --diff latest",
)


@click.command(epilog=_EPILOG)
@click.argument("key", default="", metavar="[KEY]")
@config_options
@click.option(
    "--diff", "run", metavar="RUN", help="Print only what differs from the configuration of a run: its id or `latest`."
)
@workspace_option("of --diff's run.  [default: that of --config]")
@as_json_option
def config(
    key: str, config: Path | None, overrides: tuple[str, ...], run: str | None, workspace: Path | None, as_json: bool
) -> None:
    """Explain the options of the configuration.

    KEY is an option such as train.seed, or a section such as train; without it, all are listed. Each has its current value,
    which is that of --config and --set, its default, type, range and unit, and what it is for.
    """
    from pipeline.config import Config, load, stored
    from pipeline.config_reading.explanation import differences, different_values, explained, option_values
    from pipeline.report import runs
    from pipeline.run_folder import REPORTS

    resolved = load(config, overrides)
    tree = resolved.model_dump(mode="json")
    if run is None:
        if as_json:
            print_json(list(option_values(Config, tree, key)))
            return
        lines = explained(Config, tree, key)
    else:
        reports = workspace.absolute() / REPORTS if workspace else resolved.reports
        folder = runs.find(reports, run)
        if as_json:
            print_json({"run": folder.name, "differences": list(different_values(tree, stored(folder), key))})
            return
        lines = differences(tree, stored(folder), folder.name, key)
    for line in lines:
        click.echo(line)
