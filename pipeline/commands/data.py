"""`ast-restore data`: convert, synthesize, stats and layouts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from data.errors import InputError
from data.features import SEVERITIES
from data.files import write_whole
from data.image.decoding import Limits
from data.layouts.choice import all_layouts
from data.layouts.listing import enumerate_names
from pipeline.commands.layout_options import chosen_layout, layout_options, limit_options
from pipeline.commands.options import Function, with_options

if TYPE_CHECKING:
    from data.spans.manifest import Manifest
    from data.spans.splits import Shares

_FOLDER = click.Path(path_type=Path)
# The first character keeps click from filling the lines.
_CONVERT_EXAMPLES = """\b
Examples:
  ast-restore data convert Rain100L records --layout same-name --degradation rain
  ast-restore data convert SOTS/indoor records --layout auto
  ast-restore data convert mine records --layout same-name --input-dir wet --target-dir dry
  ast-restore data convert rain records --layout rain800 --folder training --folder test_syn
  ast-restore data convert mine records --layout regex --input-regex 'in/(.+)_[0-9]+' \\
      --target-template 'out/\\1'
"""
_SYNTHESIZE_EXAMPLES = """\b
Examples:
  ast-restore data synthesize records
  ast-restore data synthesize records --photos my-photos --crops 8 --severity heavy
  ast-restore data synthesize records --photos my-photos --degradation haze+rain
"""


@click.group(name="data")
def data() -> None:
    """Convert, synthesize, check and inspect pairs of images.

    Each call of `convert` or `synthesize` adds one folder DST/span-N with record files for training, validation and
    evaluation and a manifest.json. All pairs of one scene are in one split; a scene of an earlier span of DST stays in its
    split.
    """


def _common(command: Function) -> Function:
    """Adds the options that every command which writes a span has."""
    return with_options(
        click.option(
            "--source",
            "name",
            metavar="NAME",
            help="Name of the data set in records and reports.  [default: the name of SRC, or synthetic-DEGRADATION]",
        ),
        click.option(
            "--span", type=click.IntRange(min=1), help="Number of the span.  [default: one more than the last in DST]"
        ),
        click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the split."),
        click.option(
            "--shares",
            metavar="TRAIN,VALIDATION,EVALUATION",
            default="0.75,0.10,0.15",
            show_default=True,
            help="Share of the pairs in each split, as closely as whole scenes allow.",
        ),
    )(limit_options(command))


@data.command(epilog=_CONVERT_EXAMPLES)
@click.argument("src", type=_FOLDER)
@click.argument("dst", type=_FOLDER)
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
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Longest side in pixels; both images of a larger pair are shrunk to it. 0: never shrink.",
)
@click.option(
    "--tiles",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="SIZE",
    help="Side in pixels of tiles, overlapping by half, that pairs of the train split are cut into. 0: never cut.",
)
@_common
def convert(
    src: Path,
    dst: Path,
    layout: str,
    folders: tuple[str, ...],
    degradation: str | None,
    severity: str,
    max_side: int,
    tiles: int,
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
        shares=_shares(shares),
        limits=Limits(max_bytes=max_bytes, max_pixels=max_pixels),
    )
    _summarise(run(request), dst)


@data.command(epilog=_SYNTHESIZE_EXAMPLES)
@click.argument("dst", type=_FOLDER)
@click.option("--photos", type=_FOLDER, help="Folder of clean photographs.  [default: the sixteen of the project]")
@click.option(
    "--degradation",
    default="rain",
    show_default=True,
    help="Degradation to draw: rain, haze, raindrop (on the lens), or several joined by +, as in haze+rain.",
)
@click.option(
    "--severity",
    "severities",
    type=click.Choice(SEVERITIES),
    multiple=True,
    default=SEVERITIES,
    show_default=True,
    help="Severity to draw; may be given several times. Every crop is drawn with each.",
)
@click.option(
    "--crops",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    help="Maximum crops per photograph; crops never overlap.",
)
@click.option(
    "--size",
    type=(click.IntRange(min=64), click.IntRange(min=64)),
    metavar="HEIGHT WIDTH",
    default=(256, 384),
    show_default=True,
    help="Size of a crop in pixels.",
)
@_common
def synthesize(
    dst: Path,
    photos: Path | None,
    degradation: str,
    severities: tuple[str, ...],
    crops: int,
    size: tuple[int, int],
    name: str | None,
    span: int | None,
    seed: int,
    shares: str,
    max_pixels: int,
    max_bytes: int,
) -> None:
    """Draw rain, haze or raindrops on clean photographs.

    The pairs are written to DST/span-N. The same photographs, options and seed give the same pairs.
    """
    from data.synthesis.synthesize import SynthesisRequest
    from data.synthesis.synthesize import synthesize as run

    request = SynthesisRequest(
        destination=dst,
        photos=photos,
        degradation=degradation,
        severities=severities,
        crops_per_photo=crops,
        size=size,
        name=name,
        span=span,
        seed=seed,
        shares=_shares(shares),
        limits=Limits(max_bytes=max_bytes, max_pixels=max_pixels),
    )
    _summarise(run(request), dst)


@data.command()
@click.argument("dst", type=_FOLDER)
@click.option("--span", type=click.IntRange(min=1), help="Number of the only span to read.  [default: all spans]")
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File for the contact sheet.  [default: DST/contact-sheet.html]",
)
@click.option(
    "--each", type=click.IntRange(min=1), default=4, show_default=True, help="Pairs per slice on the contact sheet."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
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
    click.echo(measured.table())
    sheet = page or dst / "contact-sheet.html"
    write_contact_sheet(measured, sheet)
    if json_file is not None:
        write_whole(json_file, measured.to_json())
    click.echo(f"contact sheet: {sheet}")


@data.command()
def layouts() -> None:
    """List the layouts that `convert` and `check` know.

    Paths are written without their extension. A published data set may be at any depth below SRC.
    """
    rules = all_layouts()
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        note = "" if rule.checked == "seen" else "  [from memory: not checked against the data]"
        click.echo(f"{rule.name:<{width}}  {rule.summary}{note}")
    click.echo(f"{'auto':<{width}}  the only one of these that accounts for every image")


def _shares(text: str) -> Shares:
    """Reads three numbers separated by commas."""
    from data.spans.splits import Shares

    try:
        train, validation, evaluation = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"--shares {text}: expected three numbers with commas, as in 0.75,0.10,0.15") from error
    return Shares(train, validation, evaluation)


def _summarise(manifest: Manifest, destination: Path) -> None:
    """Prints the counts of a span, and notes on its files."""
    from data.spans.manifest import read_manifests, span_folder

    folder = span_folder(destination, manifest.span)
    click.echo(f"{manifest.pairs} pairs of {len(manifest.scenes)} scenes in {folder}")
    for split, pairs in manifest.counts["split"].items():
        scenes = sum(entry.split == split for entry in manifest.scenes.values())
        click.echo(f"  {split:<11} {pairs:6d} pairs {scenes:6d} scenes")
    missing = [split for split, pairs in manifest.counts["split"].items() if not pairs]
    if missing:
        click.echo(f"  note: too few scenes for {' and '.join(missing)}; a run needs some in every split")
    if manifest.leaks:
        files = [name for names in manifest.leaks.values() for name in names]
        click.echo(
            f"  note: {len(manifest.leaks)} scenes lie in both the train and the test folders of the set "
            f"({enumerate_names(files)}); here each is in one split"
        )
    if manifest.reencoded:
        click.echo(
            f"  {len(manifest.reencoded)} files are re-encoded as PNG, without loss; manifest.json says which and why"
        )
    if manifest.ignored:
        click.echo(f"  {len(manifest.ignored)} files are in no pair and were skipped; manifest.json names them")
    before = {
        digest for old in read_manifests(destination) if old.span != manifest.span for digest in old.files.values()
    }
    again = sum(digest in before for digest in manifest.files.values())
    if again:
        click.echo(f"  note: {again} of its {len(manifest.files)} files lie in an earlier span of {destination} too")
