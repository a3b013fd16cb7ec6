"""`ast-restore data convert`."""

from __future__ import annotations

from pathlib import Path

import click

from data.image.codec.decoding import Limits
from pipeline.commands.data.layout_options import chosen_layout, layout_options
from pipeline.commands.data.span_options import parse_official_split, parse_shares, print_summary, span_options
from pipeline.commands.parameter_types import FilePath, WholeRange

# The first character keeps click from filling the lines.
_EXAMPLES = """\b
Examples:
  ast-restore data convert Rain100L records --layout same-name --degradation rain
  ast-restore data convert SOTS/indoor records --layout auto
  ast-restore data convert mine records --layout same-name --input-dir wet --target-dir dry
  ast-restore data convert rain records --layout rain800 --folder training --folder test_syn
  ast-restore data convert rain records --layout rain800 --folder training --folder test_syn \\
      --split training=train --split test_syn=evaluation --drop-leaks
  ast-restore data convert mine records --layout regex --input-regex 'in/(.+)_[0-9]+' \\
      --target-template 'out/\\1'
"""


@click.command(epilog=_EXAMPLES)
@click.argument("src", type=FilePath())
@click.argument("dst", type=FilePath())
@layout_options
@click.option(
    "--degradation",
    help="Degradation stored in the records: rain, haze, raindrop, ...  [default: that of the layout, else unknown]",
)
@click.option(
    "--severity",
    default="unknown",
    show_default=True,
    help="Severity stored in the records where the layout gives none: light, medium or heavy.",
)
@click.option(
    "--max-side",
    type=WholeRange(min=0),
    default=0,
    show_default=True,
    help="Longest side in pixels; both images of a larger pair are shrunk to it. 0: never shrink.",
)
@click.option(
    "--tiles",
    type=WholeRange(min=0),
    default=0,
    show_default=True,
    metavar="SIZE",
    help="Side in pixels of tiles, overlapping by half, that pairs of the train split are cut into. 0: never cut.",
)
@click.option(
    "--split",
    "official",
    multiple=True,
    metavar="FOLDER=SPLIT",
    help="Keep the set's own split: FOLDER is for train, validation or evaluation. May be given several times.  "
    "[default: split by scene]",
)
@click.option(
    "--drop-leaks",
    is_flag=True,
    help="With --split: leave out training pairs whose scene is in validation or evaluation too.",
)
@span_options
def convert(
    src: Path,
    dst: Path,
    layout: str,
    folders: tuple[str, ...],
    degradation: str | None,
    severity: str,
    max_side: int,
    tiles: int,
    official: tuple[str, ...],
    drop_leaks: bool,
    name: str | None,
    span: int | None,
    seed: int,
    shares: str,
    max_pixels: int,
    max_bytes: int,
    **layout_fields: str | None,
) -> None:
    """Convert the pairs in folder SRC into DST/span-N.

    Pairs are matched by name, never by order; a file without a partner stops the conversion and is reported. PNG and JPEG
    files are stored byte for byte. Either the whole span is written, or nothing.
    """
    from data.conversion.request import ConvertRequest
    from data.convert import convert as run

    request = ConvertRequest(
        source=src,
        destination=dst,
        layout=chosen_layout(src, folders, name=layout, **layout_fields),
        folders=folders,
        name=name,
        degradation=degradation,
        severity=severity,
        max_side=max_side,
        tiles=tiles,
        span=span,
        seed=seed,
        shares=parse_shares(shares),
        official_split=parse_official_split(official, drop_leaks),
        limits=Limits(max_bytes=max_bytes, max_pixels=max_pixels),
    )
    print_summary(run(request), dst)
