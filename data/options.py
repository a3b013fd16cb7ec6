"""Command line options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from data.images import Limits
from data.layouts import LAYOUTS, SIDES

F = TypeVar("F", bound=Callable[..., Any])


def with_options(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Returns a decorator that adds options to a command, in the order in which its help lists them."""

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def layout_options(command: F) -> F:
    """Adds the options that say where the pairs lie in SRC."""
    return with_options(
        click.option(
            "--layout",
            required=True,
            metavar="NAME",
            help=f"How pairs lie in SRC: {', '.join(LAYOUTS)} (see `data layouts`).",
        ),
        click.option(
            "--input-dir", help="Folder of the degraded images, relative to SRC, where the layout's own does not fit."
        ),
        click.option("--target-dir", help="Folder of the clean images, likewise."),
        click.option(
            "--sides", type=click.Choice(SIDES), help="Which half is which (one-picture only, and needed there)."
        ),
        click.option(
            "--folder",
            "folders",
            multiple=True,
            default=(".",),
            help="Take only this sub-folder of SRC, the layout beginning there; may be given several times.",
        ),
    )(command)


def limit_options(command: F) -> F:
    """Adds the options that say what a file may cost to read."""
    limits = Limits()
    return with_options(
        click.option(
            "--max-pixels",
            type=click.IntRange(min=1),
            default=limits.max_pixels,
            show_default=True,
            help="Refuse pictures of more pixels, before they are decoded.",
        ),
        click.option(
            "--max-bytes",
            type=click.IntRange(min=1),
            default=limits.max_bytes,
            show_default=True,
            help="Refuse larger files.",
        ),
    )(command)
