"""Options that the commands which load a model have in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from model_code.saved_model.tiling import DEFAULT_MEMORY
from pipeline.commands.data_options import F

MODELS = Path("workspace/models")
"""Where the default configuration pushes to."""

memory_option = click.option(
    "--memory",
    type=click.IntRange(min=64),
    default=DEFAULT_MEMORY,
    show_default=True,
    metavar="MIB",
    help="What restoring a part of an image may take, beside the network; larger images are restored in tiles.",
)


def models_option(use: str) -> Callable[[F], F]:
    """Returns the option `--models`, which names a push destination.

    Args:
        use: What the help says that it is for.
    """
    return click.option(
        "--models",
        type=click.Path(path_type=Path),
        default=MODELS,
        show_default=True,
        help=f"The push destination {use}.",
    )
