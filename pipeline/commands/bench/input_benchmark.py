"""`ast-restore bench input`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from pipeline.commands.options import config_options, json_file_option, with_options
from pipeline.commands.parameter_types import WholeRange


@click.command(name="input")
@with_options(
    config_options,
    click.option("--batches", type=WholeRange(min=1), default=100, show_default=True, help="Batches read, twice."),
    click.option("--steps", type=WholeRange(min=1), default=10, show_default=True, help="Training steps timed."),
    json_file_option,
)
def bench_input(
    config: Path | None, overrides: tuple[str, ...], batches: int, steps: int, json_file: Path | None
) -> None:
    """Time the training input beside the training step.

    Every stage of the input is timed; together they must be faster than the step.
    """
    from rich.console import Console

    from pipeline.benchmarks.common import write_result
    from pipeline.benchmarks.training_input import measure, stage_table
    from pipeline.config import load
    from pipeline.local.records_source import prepare_records

    resolved = load(config, overrides)
    resolved.workspace.mkdir(parents=True, exist_ok=True)
    prepare_records(resolved, Console(stderr=True))
    stages = measure(resolved, batches, steps)
    click.echo(stage_table(stages))
    write_result(json_file, {"stages": [asdict(stage) for stage in stages]})
