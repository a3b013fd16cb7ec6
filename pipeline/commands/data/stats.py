"""`ast-restore data stats`."""

from __future__ import annotations

from pathlib import Path

import click

from data.storage.files import write_whole
from pipeline.commands.parameter_types import LAST_SPAN, FilePath, WholeRange
from pipeline.screen.terminal import echo


@click.command()
@click.argument("dst", type=FilePath())
@click.option("--span", type=WholeRange(1, LAST_SPAN), help="Number of the only span to read.  [default: all spans]")
@click.option(
    "--html",
    "page",
    type=FilePath(dir_okay=False),
    metavar="FILE",
    help="File for the contact sheet.  [default: DST/contact-sheet.html]",
)
@click.option(
    "--each", type=WholeRange(min=1), default=4, show_default=True, help="Pairs per slice on the contact sheet."
)
@click.option(
    "--json",
    "json_file",
    type=FilePath(dir_okay=False),
    help="Write the numbers to this file as JSON.",
)
def stats(dst: Path, span: int | None, page: Path | None, each: int, json_file: Path | None) -> None:
    """Report counts and the identity baseline of the spans of DST.

    The report has counts, sizes, scenes and severities, and the identity baseline: PSNR (RGB) and SSIM (luma, 7x7) of the
    inputs against their targets, by split, source, degradation and severity. A contact sheet shows pairs of each slice.
    """
    from data.contact_sheet import write_contact_sheet
    from data.stats import measure_data_set

    measured = measure_data_set(dst, span, each)
    echo(measured.table())
    sheet = page or dst / "contact-sheet.html"
    write_contact_sheet(measured, sheet)
    if json_file is not None:
        write_whole(json_file, measured.to_json())
    echo(f"contact sheet: {sheet}")
