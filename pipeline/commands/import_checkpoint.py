"""`ast-restore models import`. TensorFlow is imported when the command runs."""

from __future__ import annotations

from pathlib import Path

import click

from model_code.network.spec import VARIANTS


@click.command("import")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--variant", type=click.Choice(list(VARIANTS)), required=True, help="The network that CHECKPOINT is of.")
@click.option(
    "--img-size",
    type=click.IntRange(min=16),
    default=128,
    show_default=True,
    help="Nominal side it was trained with, in pixels: sets windows and shifts, not what fits in.",
)
def import_model(checkpoint: Path, directory: Path, variant: str, img_size: int) -> None:
    """Make a servable model in DIRECTORY from the authors' weights in CHECKPOINT (.pth).

    The file is read without PyTorch, and nothing that it holds is run. Keys that are missing, unknown or of another shape
    are listed, and nothing is written then. Nothing is pushed either: `ast-restore restore --model DIRECTORY` uses it.
    """
    click.echo("loading TensorFlow ...", err=True)
    from model_code.weights.import_checkpoint import import_checkpoint

    parameters = import_checkpoint(checkpoint, variant, img_size, directory)
    click.echo(f"{directory}: {variant}, {parameters:,} parameters; restore with --model {directory}")
