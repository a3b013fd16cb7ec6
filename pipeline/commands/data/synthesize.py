"""`ast-restore data synthesize`."""

from __future__ import annotations

from pathlib import Path

import click

from data.features import SEVERITIES
from data.image.codec.decoding import Limits
from pipeline.commands.data.span_options import parse_shares, print_summary, span_options
from pipeline.commands.parameter_types import LONGEST_SIDE, FilePath, WholeRange

# The first character keeps click from filling the lines.
_EXAMPLES = """\b
Examples:
  ast-restore data synthesize records
  ast-restore data synthesize records --photos my-photos --crops 8 --severity heavy
  ast-restore data synthesize records --photos my-photos --degradation haze+rain
  ast-restore data synthesize records --photos my-photos --degradation varied-rain
"""


@click.command(epilog=_EXAMPLES)
@click.argument("dst", type=FilePath())
@click.option(
    "--photos",
    type=FilePath(),
    help="Folder of clean photographs.  [default: the sixteen of the project]",
)
@click.option(
    "--degradation",
    default="rain",
    show_default=True,
    help="Degradation to draw: rain, varied-rain (in wide ranges), haze, raindrop (on the lens), or several joined by +, as "
    "in haze+rain.",
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
    type=WholeRange(min=1),
    default=4,
    show_default=True,
    help="Maximum crops per photograph; crops never overlap.",
)
@click.option(
    "--size",
    type=(WholeRange(64, LONGEST_SIDE), WholeRange(64, LONGEST_SIDE)),
    metavar="HEIGHT WIDTH",
    default=(256, 384),
    show_default=True,
    help="Size of a crop in pixels.",
)
@span_options
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
        shares=parse_shares(shares),
        limits=Limits(max_bytes=max_bytes, max_pixels=max_pixels),
    )
    print_summary(run(request), dst)
