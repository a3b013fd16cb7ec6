"""`ast-restore bench`: timings that anyone can repeat. TensorFlow is imported when a command runs."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

from data.errors import InputError
from model_code.network.spec import VARIANTS
from pipeline.commands.options import json_file_option
from pipeline.commands.parameter_types import WholeRange

_EXAMPLES = """\b
Examples:
  ast-restore bench model --variant tiny16 --size 64 --batch 8
  ast-restore bench model --variant AST-B --size 128 --mode train --json step.json
"""


@click.group()
def bench() -> None:
    """Time parts of the pipeline on this machine."""


@bench.command(name="model", epilog=_EXAMPLES)
@click.option(
    "--variant", type=click.Choice(list(VARIANTS)), default="tiny16", show_default=True, help="Variant of the network."
)
@click.option("--size", default="64", show_default=True, metavar="SIDE|HxW", help="Size of the images in pixels.")
@click.option("--batch", type=WholeRange(min=1), default=1, show_default=True, help="Images per batch.")
@click.option(
    "--mode",
    type=click.Choice(["forward", "train"]),
    default="forward",
    show_default=True,
    help="What to time: restoring as the SavedModel does (forward), or a step of Charbonnier and AdamW (train).",
)
@click.option(
    "--img-size",
    type=WholeRange(min=16),
    help="Nominal image side of the network in pixels.  [default: the size, up to 128]",
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "mixed_bfloat16", "mixed_float16"]),
    default="float32",
    show_default=True,
    help="Numeric precision of products and convolutions.",
)
@click.option(
    "--threads", type=WholeRange(1, 4096), default=2, show_default=True, help="Threads that TensorFlow may use."
)
@click.option("--warmup", type=WholeRange(min=1), default=3, show_default=True, help="Passes before the timing starts.")
@click.option("--runs", type=WholeRange(min=1), default=10, show_default=True, help="Timed passes.")
@json_file_option
def model(
    variant: str, size: str, batch: int, mode: Any, img_size: int | None, precision: Any, threads: int, warmup: int,
    runs: int, json_file: Path | None,
) -> None:  # fmt: skip
    """Time a network with random weights.

    The result is the median of the passes after a warm-up.
    """
    height, width = _sides(size)
    if mode == "train" and height != width:
        raise InputError(f"--size {size}: training takes square patches; give one side")
    from model_code.network.settings import ModelSettings
    from pipeline.benchmarks import network as timing
    from pipeline.benchmarks.common import write_result

    request = timing.BenchRequest(
        model=ModelSettings(variant=variant, img_size=img_size or min(max(height, width), 128)),
        height=height, width=width, batch=batch, mode=mode, precision=precision, threads=threads, warmup=warmup, runs=runs,
    )  # fmt: skip
    with click.progressbar(length=warmup + runs, label=f"{variant} {size} x{batch} {mode}", file=sys.stderr) as bar:
        result = timing.bench(request, lambda: bar.update(1))
    click.echo(timing.result_table(result))
    write_result(json_file, result.model_dump(mode="json"))


def _sides(size: str) -> tuple[int, int]:
    """Returns height and width from "64" or "480x320"."""
    match = re.fullmatch(r"(\d{2,5})(?:x(\d{2,5}))?", size)
    if match is None or min(int(side) for side in match.groups() if side) < 16:
        raise InputError(f"--size {size}: give a side, or HEIGHTxWIDTH, of at least 16 pixels")
    height = int(match[1])
    return height, int(match[2] or height)
