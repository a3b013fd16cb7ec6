"""The options of `data convert` and `data check`: how pairs lie in a folder, and what a file may cost to read."""

from __future__ import annotations

from pathlib import Path

import click

from data.image.codec.decoding import Limits
from data.layouts.choice import LayoutChoice
from data.layouts.layout import AUTO, INPUT_SIDES, LEFT, RIGHT, Layout
from pipeline.commands.options import Function, renamed_option, with_options
from pipeline.commands.parameter_types import WholeRange
from pipeline.screen.terminal import echo


def layout_options(command: Function) -> Function:
    """Adds the options that describe the layout of the pairs in SRC."""
    return with_options(
        click.option(
            "--layout",
            required=True,
            metavar="NAME",
            help=f"Layout of the pairs in SRC: a name that `data layouts` lists, or {AUTO} for the only one that fits.",
        ),
        click.option(
            "--input-dir", help="Folder of the degraded images, relative to SRC (same-name).  [default: input]"
        ),
        click.option("--target-dir", help="Folder of the clean images (same-name).  [default: target]"),
        click.option(
            "--target-suffix",
            metavar="TEXT",
            help="What a clean image's name has behind the degraded one's, such as _clean (same-name).",
        ),
        click.option(
            "--input-side",
            type=click.Choice(INPUT_SIDES),
            help="Half of each file that is the input (side-by-side, required there).",
        ),
        renamed_option("--sides", "--input-side", values={"rainy-clean": LEFT, "clean-rainy": RIGHT}),
        click.option("--list", "list_file", metavar="FILE", help="File in SRC that lists the pairs (list)."),
        click.option(
            "--input-regex",
            "input_pattern",
            metavar="REGEX",
            help="Pattern of an input's whole path without its extension (regex).",
        ),
        click.option(
            "--target-template",
            metavar="TEMPLATE",
            help="Path of the target without its extension; \\1 is the first group of --input-regex (regex).",
        ),
        click.option(
            "--folder",
            "folders",
            multiple=True,
            default=(".",),
            help="Sub-folder of SRC in which the layout starts; may be given several times.  [default: SRC itself]",
        ),
    )(command)


def chosen_layout(src: Path, folders: tuple[str, ...], **options: str | None) -> Layout:
    """Returns the layout that the options of `layout_options` choose; for a detected one, prints the evidence on stderr.

    Args:
        src: The source folder.
        folders: Folders in which the layout starts, relative to the source folder.
        **options: The fields of `LayoutChoice`.

    Raises:
        InputError: The options do not fit, or `auto` detects no layout or several.
    """
    from data.layouts.detection import detect_layout

    rule, evidence = detect_layout(LayoutChoice(**options), src, folders)  # type: ignore[arg-type]  # click gives the name always
    if evidence:
        echo(f"layout {evidence}", err=True)
    return rule


def limit_options(command: Function) -> Function:
    """Adds the limits on the size of a file."""
    limits = Limits()
    return with_options(
        click.option(
            "--max-pixels",
            type=WholeRange(min=1),
            default=limits.max_pixels,
            show_default=True,
            help="Maximum pixels per image, read from its header.",
        ),
        click.option(
            "--max-bytes",
            type=WholeRange(min=1),
            default=limits.max_bytes,
            show_default=True,
            help="Maximum bytes per file.",
        ),
    )(command)
