"""`ast-restore run`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from data.plain_text import one_line
from pipeline import exit_codes
from pipeline.commands.options import LONGEST_REASON, config_options, reason_option

_EPILOG = exit_codes.epilog(
    exit_codes.RUN,
    "ast-restore run",
    "ast-restore run --config real --set data.records=records --set workspace=nightly",
)


@click.command(epilog=_EPILOG)
@config_options
@reason_option
def run(config: Path | None, overrides: tuple[str, ...], reason: str) -> int:
    """Run the pipeline on this machine.

    A run checks the data, trains, judges and pushes the model, and writes the run report.
    """
    began = time.time()
    from pipeline.config import load

    resolved = load(config, overrides)
    # TFX takes ten seconds to load; what can be wrong by now is reported before that.
    from pipeline.local.first_checks import require_ready

    require_ready(resolved)
    from pipeline.local.records_source import drawn_meanwhile
    from pipeline.screen.plain_console import PlainConsole

    with drawn_meanwhile(resolved, PlainConsole(stderr=True)):
        click.echo("loading TFX ...", err=True)
        from pipeline.run import run as run_pipeline

    return run_pipeline(resolved, began, one_line(reason, LONGEST_REASON))
