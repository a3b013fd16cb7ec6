"""`ast-restore models import`."""

from __future__ import annotations

from pathlib import Path

import click

from model_code.network.spec import VARIANTS
from pipeline.commands.parameter_types import FilePath, WholeRange


@click.command("import")
@click.argument("checkpoint", type=FilePath())
@click.argument("directory", type=FilePath())
@click.option(
    "--variant",
    type=click.Choice(list(VARIANTS)),
    required=True,
    help="Variant of the network that CHECKPOINT belongs to.",
)
@click.option(
    "--img-size",
    type=WholeRange(min=16),
    default=128,
    show_default=True,
    help="Nominal image side of the training in pixels; sets windows and shifts, images may have any size.",
)
def import_model(checkpoint: Path, directory: Path, variant: str, img_size: int) -> None:
    """Convert the authors' weights to a SavedModel.

    CHECKPOINT is a .pth file; the model is written to DIRECTORY. The file is read without PyTorch, and no code in it is
    executed. If keys are missing, unknown or of another shape, they are listed and nothing is written. The model is not
    pushed; `ast-restore restore --model DIRECTORY` uses it.
    """
    click.echo("loading TensorFlow ...", err=True)
    from model_code.weights.import_checkpoint import import_checkpoint

    parameters = import_checkpoint(checkpoint, variant, img_size, directory)
    click.echo(f"{directory}: {variant}, {parameters:,} parameters; restore with --model {directory}")
