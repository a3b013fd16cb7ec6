"""`ast-restore bench input`. TensorFlow is imported when it runs."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command(name="input")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="A YAML file, or the name of one that is shipped.  [default: demo]",
)
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY.PATH=VALUE", help="Replace one value of the configuration."
)
@click.option("--batches", type=click.IntRange(min=1), default=100, show_default=True, help="Batches to draw, twice.")
@click.option("--steps", type=click.IntRange(min=1), default=10, show_default=True, help="Training steps that count.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the result here instead of printing it.")
def bench_input(config: Path | None, overrides: tuple[str, ...], batches: int, steps: int, path: Path | None) -> None:
    """Compare the input function with the training step that it feeds, stage by stage: it must never be waited for."""
    from rich.console import Console

    from data.files import write_whole
    from pipeline.benchmarks.training_input import measure
    from pipeline.config import load
    from pipeline.local.records_source import prepare_records

    resolved = load(config, overrides)
    resolved.workspace.mkdir(parents=True, exist_ok=True)
    prepare_records(resolved, Console(stderr=True))
    text = json.dumps(measure(resolved, batches, steps), indent=1) + "\n"
    if path is None:
        click.echo(text, nl=False)
    else:
        write_whole(path, text)
