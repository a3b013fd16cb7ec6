"""The options of `data convert` and `data check`: how pairs lie in a folder, and what a file may cost to read."""

from __future__ import annotations

from pathlib import Path

import click

from data.image.files import Limits
from data.layouts.layout import AUTO, SIDES, Layout, LayoutChoice
from pipeline.commands.options import Function, with_options


def layout_options(command: Function) -> Function:
    """Adds the options that say where the pairs lie in SRC."""
    return with_options(
        click.option(
            "--layout",
            required=True,
            metavar="NAME",
            help=f"How pairs lie in SRC: a name that `data layouts` lists, or {AUTO} for the only one that fits.",
        ),
        click.option(
            "--input-dir", help="Folder of the degraded images, relative to SRC (same-name).  [default: input]"
        ),
        click.option("--target-dir", help="Folder of the clean images (same-name).  [default: target]"),
        click.option("--sides", type=click.Choice(SIDES), help="Which half is which (one-picture, and needed there)."),
        click.option("--list", "list_file", metavar="FILE", help="File in SRC that names the pairs (list)."),
        click.option(
            "--input-regex",
            "input_pattern",
            metavar="REGEX",
            help="Matches an input's whole path without its ending (regex).",
        ),
        click.option(
            "--target-template",
            metavar="TEMPLATE",
            help="The target's path without its ending, \\1 being what the first bracket of --input-regex took (regex).",
        ),
        click.option(
            "--folder",
            "folders",
            multiple=True,
            default=(".",),
            help="Take only this sub-folder of SRC, the layout beginning there; may be given several times.",
        ),
    )(command)


def chosen_layout(src: Path, folders: tuple[str, ...], **options: str | None) -> Layout:
    """Returns the layout that the options of `layout_options` ask for; says on stderr what speaks for one that was found.

    Args:
        src: The source folder.
        folders: Where the layout begins, relative to it.
        **options: The fields of `LayoutChoice`.

    Raises:
        InputError: The options do not fit, or `auto` finds none or more than one.
    """
    from data.layouts.detection import resolve

    rule, evidence = resolve(LayoutChoice(**options), src, folders)  # type: ignore[arg-type]  # click gives the name always
    if evidence:
        click.echo(f"layout {evidence}", err=True)
    return rule


def limit_options(command: Function) -> Function:
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
