"""Counts and the identity baseline of a data set, measured in one pass over the records of its spans.

The identity baseline is the quality of the inputs as they are: PSNR (RGB) and SSIM (luma, 7x7 window) against their targets.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tensorflow as tf

from data.errors import InputError
from data.features import SPLITS
from data.image.arrays import ImageU8
from data.image.codec.decoding import Limits, decode
from data.image.luma import luma_full_range
from data.image.measures import psnr
from data.image.ssim import fast_ssim_plane
from data.parallel import ordered_map, track
from data.plain_text import one_line
from data.records import PairRecord
from data.spans.manifest import MANIFEST_NAME, read_manifest, span_folder, spans
from data.spans.whole import require_whole

SLICE_BY = ("split", "source", "degradation", "severity")
"""Features whose values make a slice."""


@dataclass(frozen=True, slots=True)
class ShownPair:
    """A pair for the contact sheet.

    Attributes:
        slice: (split, source, degradation, severity).
        pair_id: The pair's id.
        input: The degraded image, uint8 RGB [H, W, 3].
        target: The clean image, uint8 RGB [H, W, 3].
        psnr: PSNR of the input against the target, dB; NaN if their sizes differ.
    """

    slice: tuple[str, ...]
    pair_id: str
    input: ImageU8
    target: ImageU8
    psnr: float


@dataclass(slots=True)
class SliceStats:
    """Counts and measurements of one slice.

    Attributes:
        pairs: Number of pairs.
        scenes: Ids of their scenes.
        sizes: Number of pairs by the clean image's size, "HEIGHTxWIDTH".
        psnr: PSNR of each input against its target, dB; pairs whose sizes differ have none.
        ssim: SSIM of each input against its target, likewise.
    """

    pairs: int = 0
    scenes: set[str] = field(default_factory=set)
    sizes: Counter[str] = field(default_factory=Counter)
    psnr: list[float] = field(default_factory=list)
    ssim: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DataStats:
    """Counts and measurements of a data set.

    Attributes:
        name: Name of the folder.
        spans: Numbers of the spans that were read.
        slices: By (split, source, degradation, severity), in that order.
        shown: Pairs for the contact sheet, some of each slice.
    """

    name: str
    spans: list[int]
    slices: dict[tuple[str, ...], SliceStats]
    shown: list[ShownPair]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Formats the slices as rows of text.

        Yields:
            Cells: the slice's four values, pairs, scenes, sizes, PSNR and SSIM of the inputs.
        """
        for key, part in self.slices.items():
            common = ", ".join(f"{size} ({count})" for size, count in part.sizes.most_common(2))
            more = f" and {len(part.sizes) - 2} more" if len(part.sizes) > 2 else ""
            scores = (f"{np.mean(part.psnr):.2f}", f"{np.mean(part.ssim):.3f}") if part.psnr else ("-", "-")
            yield (*key, str(part.pairs), str(len(part.scenes)), common + more, *scores)

    def table(self) -> str:
        """Returns the rows as a text table with a heading."""
        heading = (*SLICE_BY, "pairs", "scenes", "sizes", "PSNR", "SSIM")
        cells = [heading, *self.rows()]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join(
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
        )

    def to_json(self) -> str:
        """Returns the numbers as JSON text."""
        rows = [
            {
                **dict(zip(SLICE_BY, key, strict=True)),
                "pairs": part.pairs,
                "scenes": len(part.scenes),
                "sizes": dict(part.sizes.most_common()),
                "psnr": round(float(np.mean(part.psnr)), 4) if part.psnr else None,
                "ssim": round(float(np.mean(part.ssim)), 5) if part.ssim else None,
            }
            for key, part in self.slices.items()
        ]
        return json.dumps({"data": self.name, "spans": self.spans, "slices": rows}, indent=1) + "\n"


def measure_data_set(destination: Path, span: int | None = None, each: int = 4) -> DataStats:
    """Reads the records of a data set, counts and measures them.

    Args:
        destination: Folder of the spans.
        span: Number of the only span to read (None: all).
        each: Pairs of each slice for the contact sheet: the first ones of different scenes.

    Returns:
        The counts, the measurements, and the pairs to show.

    Raises:
        InputError: There is no such span, or a record cannot be read.
    """
    if not destination.is_dir():
        raise InputError(f"{destination}: no such folder; name the one that `data convert` wrote, which holds span-N/")
    numbers = [span] if span is not None else spans(destination)
    if not numbers or not all((span_folder(destination, number) / MANIFEST_NAME).is_file() for number in numbers):
        raise InputError(
            f"{destination}: holds no {'span' if span is None else f'span-{span}'}; make one with `data convert`"
        )
    for number in numbers:
        require_whole(span_folder(destination, number))
    total = sum(read_manifest(span_folder(destination, number)).pairs for number in numbers)
    slices: dict[tuple[str, ...], SliceStats] = {}
    shown: list[ShownPair] = []
    for split, record, sides, scores in track(
        ordered_map(_measure, _records(destination, numbers)), total, "measuring"
    ):
        key = (split, record.source, record.degradation, record.severity)
        part = slices.setdefault(key, SliceStats())
        if len([pair for pair in shown if pair.slice == key]) < each and record.scene_id not in part.scenes:
            shown.append(ShownPair(key, record.pair_id, *sides, scores[0] if scores else float("nan")))
        part.pairs += 1
        part.scenes.add(record.scene_id)
        part.sizes["{}x{}".format(*record.target_size)] += 1
        if scores:
            part.psnr.append(scores[0])
            part.ssim.append(scores[1])
    order = {name: number for number, name in enumerate(SPLITS)}
    ranked = sorted(slices.items(), key=lambda item: (order[item[0][0]], item[0]))
    return DataStats(destination.resolve().name, numbers, dict(ranked), shown)


def _records(destination: Path, numbers: list[int]) -> Iterator[tuple[Path, str, bytes]]:
    """Yields (file, split, serialized record)."""
    for number in numbers:
        for split in SPLITS:
            for path in sorted(span_folder(destination, number).glob(f"{split}-*.tfrecord")):
                try:
                    for serialized in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
                        yield path, split, serialized
                except tf.errors.OpError as error:
                    raise InputError(
                        f"{path}: damaged ({one_line(str(error.message))}); convert its span again"
                    ) from error


def _measure(
    item: tuple[Path, str, bytes],
) -> tuple[str, PairRecord, tuple[ImageU8, ImageU8], tuple[float, float] | None]:
    """Decodes and measures one record; a pair whose sizes differ has no scores."""
    path, split, serialized = item
    try:
        record = PairRecord.from_example(serialized)
    except ValueError as error:
        raise InputError(f"{path}: a record is not a pair ({one_line(error, 100)}); convert its span again") from error
    limits = Limits()
    degraded = decode(record.input_image, record.input_name, limits)[0]
    target = decode(record.target_image, record.target_name, limits)[0]
    if degraded.shape != target.shape:
        return split, record, (degraded, target), None
    similarity = fast_ssim_plane(luma_full_range(degraded), luma_full_range(target))
    return split, record, (degraded, target), (psnr(degraded, target), similarity)
