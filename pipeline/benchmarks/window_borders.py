"""Measures a model on the pairs of records, and whether the windows of its attention show in the restored images.

    python -m pipeline.benchmarks.window_borders MODEL RECORDS [--split evaluation] [--period 64] [--pictures FOLDER]
        [--mirror-ensemble] [--json FILE]

RECORDS holds `span-N/`, from `ast-restore data convert` or `synthesize`. A network that decides by window, such as how much
haze an image has, leaves steps where windows meet: every 64 pixels with `model.img_size: 64`. The *step* of an image is the
change of the error (restored minus target) across these borders, in grey levels. It stands beside the step halfway between the
borders, where no large window ends, and beside the same steps of the input; a ratio of both near the input's means that no
blocks show. `--pictures` writes input, restored image and target of each pair side by side.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from data import features
from data.errors import InputError
from data.features import SPLITS
from data.image.arrays import ImageU8, PlaneF32
from data.image.codec.encoding import encode_png
from data.image.measures import psnr
from data.image.ssim import ssim_rgb
from data.storage.files import write_whole_bytes
from pipeline.benchmarks.common import command_line, table, write_result
from pipeline.benchmarks.support.decoded_split import decoded_split
from pipeline.config import Config
from pipeline.restoring.options import Method
from pipeline.screen.library_logs import quiet

PERIOD = 64
"""Pixels between the borders of the largest windows of `tiny16` with `img_size: 64`."""

_REACH = 4  # pixels on each side of a border whose means are compared
_ALONG = 8  # pixels along it


class Steps(NamedTuple):
    """Mean absolute steps of an error, in grey levels.

    Attributes:
        at: Across the borders of windows.
        between: Across the lines halfway between them.
    """

    at: float
    between: float


class Row(NamedTuple):
    """Figures of one image; means of them are figures of a set."""

    input_psnr: float
    psnr: float
    input_ssim: float
    ssim: float
    input_at: float
    input_between: float
    at: float
    between: float


def steps(image: ImageU8, target: ImageU8, period: int = PERIOD) -> Steps:
    """Measures how much the error of an image changes across the borders of windows.

    Args:
        image: uint8 RGB [H, W, 3], at least two periods wide or high.
        target: The clean image, of the same shape.
        period: Pixels between two borders; the first is at the image's edge and does not count.

    Returns:
        The steps across the borders and halfway between them.

    Raises:
        InputError: The image has no border between two windows.

    Example:
        >>> import numpy as np
        >>> target = np.full((128, 128, 3), 100, np.uint8)
        >>> blocks = target.copy()
        >>> blocks[:, 64:] += 20
        >>> steps(blocks, target, period=64)
        Steps(at=10.0, between=0.0)
    """
    error = (image.astype(np.float32) - target).mean(axis=2)
    at, between = (
        [*_across(error, period, first), *_across(error.T, period, first)] for first in (period, period // 2)
    )
    if not at:
        raise InputError(f"{image.shape[1]}x{image.shape[0]} pixels have no border of windows every {period} pixels")
    return Steps(float(np.mean(at)), float(np.mean(between)))


def _across(error: PlaneF32, period: int, first: int) -> Iterator[float]:
    """Yields the mean step across each line of a period, from left to right."""
    smooth = cv2.blur(error, (1, _ALONG))
    for x in range(first, error.shape[1] - _REACH + 1, period):
        if x >= _REACH:
            left, right = smooth[:, x - _REACH : x].mean(axis=1), smooth[:, x : x + _REACH].mean(axis=1)
            yield float(np.abs(right - left).mean())


def measure(
    model: Path, records: Path, split: str, period: int, pictures: Path | None, method: Method | None = None
) -> dict[str, dict[str, float]]:
    """Restores and measures the pairs of a split.

    Args:
        model: Folder of the SavedModel, or the word for a starter.
        records: Folder of the spans.
        split: Name of the split.
        period: Pixels between the borders of windows.
        pictures: Folder for the images, side by side; None writes none.
        method: Steps beside one pass through the network; None for none.

    Returns:
        The means of `Row`, and the number of images, by span.

    Raises:
        InputError: There are no spans, or an image is too small.
    """
    from model_code.input.pair_input import whole_pairs
    from model_code.input.pixels import to_uint8
    from pipeline.restoring.model import ImageRestorer
    from pipeline.restoring.original_image import to_8_bits

    restorer = ImageRestorer.load(model)
    rows: dict[str, list[Row]] = defaultdict(list)
    spans = sorted(records.glob("span-*"))
    if not spans:
        raise InputError(f"{records}: no span-N in it; give a folder that `data convert` or `synthesize` wrote")
    for span in spans:
        for number, pair in enumerate(whole_pairs(decoded_split(span, split, Config()))):
            degraded, target = (to_uint8(image[0]).numpy() for image in pair)
            restored = to_8_bits(restorer.restore(degraded, method))
            rows[span.name].append(_row(degraded, restored, target, period))
            if pictures is not None:
                side_by_side = np.concatenate((degraded, restored, target), axis=1)
                pictures.mkdir(parents=True, exist_ok=True)
                write_whole_bytes(pictures / f"{span.name}-{number}.png", encode_png(side_by_side))
    return {name: {**_mean(of_span)._asdict(), "images": len(of_span)} for name, of_span in rows.items()}


def _row(degraded: ImageU8, restored: ImageU8, target: ImageU8, period: int) -> Row:
    return Row(
        psnr(degraded, target),
        psnr(restored, target),
        ssim_rgb(degraded, target),
        ssim_rgb(restored, target),
        *steps(degraded, target, period),
        *steps(restored, target, period),
    )


def _mean(rows: list[Row]) -> Row:
    return Row(*(round(float(value), 4) for value in np.mean(rows, axis=0)))


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument("model", type=Path, metavar="MODEL", help="folder of a SavedModel, starter or starter:haze")
    parser.add_argument("records", type=Path, metavar="RECORDS", help="folder of span-N/")
    parser.add_argument("--split", choices=SPLITS, default=features.EVALUATION, help="split; default: evaluation")
    parser.add_argument("--period", type=int, default=PERIOD, help=f"pixels between borders; default: {PERIOD}")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="write the images, side by side")
    parser.add_argument("--mirror-ensemble", action="store_true", help="as the option of `ast-restore restore`")
    return parser.parse_args()


def main() -> None:
    """Runs the benchmark."""
    options = _options()
    try:
        with quiet():
            method = Method(mirror_ensemble=options.mirror_ensemble)
            result = measure(options.model, options.records, options.split, options.period, options.pictures, method)
    except InputError as error:
        sys.exit(f"window_borders: {error}")
    header = ("span", "images", "PSNR in", "out", "SSIM in", "out", "step in", "beside", "step out", "beside")
    rows = []
    for name, figures in result.items():
        values = (figures[key] for key in Row._fields)
        rows.append((name, figures["images"], *(f"{value:.3f}" for value in values)))
    print(table(header, rows))
    write_result(options.json, {"spans": result})


if __name__ == "__main__":
    main()
