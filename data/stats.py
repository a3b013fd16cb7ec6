"""What lies in the spans of a data set, measured in one pass over the records."""

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
from data.image.decoding import Limits, decode
from data.image.luma import luma_full_range
from data.image.measures import psnr
from data.image.ssim import fast_ssim_plane
from data.parallel import ordered_map, track
from data.records import PairRecord
from data.spans.manifest import MANIFEST_NAME, read_manifest, span_folder, spans

SLICE_BY = ("split", "source", "degradation", "severity")


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair to look at.

    Attributes:
        slice: (split, source, degradation, severity).
        pair_id: Of the pair.
        input: uint8 RGB [H, W, 3].
        target: Likewise.
        psnr: Of the input, dB.
    """

    slice: tuple[str, ...]
    pair_id: str
    input: ImageU8
    target: ImageU8
    psnr: float


@dataclass(slots=True)
class Slice:
    """What is counted and measured of one slice.

    Attributes:
        pairs: How many.
        scenes: Their ids.
        sizes: Pairs by the clean image's size, "HEIGHTxWIDTH".
        psnr: Of each input against its target, dB; none of pairs whose sizes differ.
        ssim: Likewise.
    """

    pairs: int = 0
    scenes: set[str] = field(default_factory=set)
    sizes: Counter[str] = field(default_factory=Counter)
    psnr: list[float] = field(default_factory=list)
    ssim: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stats:
    """Everything that was found.

    Attributes:
        name: Of the folder.
        spans: Numbers of the spans that were read.
        slices: By (split, source, degradation, severity), in that order.
        shown: Pairs to look at, some of each slice.
    """

    name: str
    spans: list[int]
    slices: dict[tuple[str, ...], Slice]
    shown: list[Shown]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yields a line of text cells for each slice: what it is, pairs, scenes, sizes, PSNR and SSIM of doing nothing."""
        for key, part in self.slices.items():
            common = ", ".join(f"{size} ({count})" for size, count in part.sizes.most_common(2))
            more = f" and {len(part.sizes) - 2} more" if len(part.sizes) > 2 else ""
            scores = (f"{np.mean(part.psnr):.2f}", f"{np.mean(part.ssim):.3f}") if part.psnr else ("-", "-")
            yield (*key, str(part.pairs), str(len(part.scenes)), common + more, *scores)

    def table(self) -> str:
        """Returns the rows under a heading, in columns."""
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


def measure(destination: Path, span: int | None = None, each: int = 4) -> Stats:
    """Reads the records of a data set.

    Args:
        destination: Folder of the spans.
        span: One of them (None: all).
        each: How many pairs of each slice are kept to look at: the first ones of different scenes.

    Raises:
        InputError: There is no such span, or a record cannot be read.
    """
    numbers = [span] if span is not None else spans(destination)
    if not numbers or not all((span_folder(destination, number) / MANIFEST_NAME).is_file() for number in numbers):
        raise InputError(
            f"{destination}: holds no {'span' if span is None else f'span-{span}'}; make one with `data convert`"
        )
    total = sum(read_manifest(span_folder(destination, number)).pairs for number in numbers)
    slices: dict[tuple[str, ...], Slice] = {}
    shown: list[Shown] = []
    for split, record, sides, scores in track(ordered_map(_look, _records(destination, numbers)), total, "measuring"):
        key = (split, record.source, record.degradation, record.severity)
        part = slices.setdefault(key, Slice())
        if len([pair for pair in shown if pair.slice == key]) < each and record.scene_id not in part.scenes:
            shown.append(Shown(key, record.pair_id, *sides, scores[0] if scores else float("nan")))
        part.pairs += 1
        part.scenes.add(record.scene_id)
        part.sizes["{}x{}".format(*record.target_size)] += 1
        if scores:
            part.psnr.append(scores[0])
            part.ssim.append(scores[1])
    order = {name: number for number, name in enumerate(SPLITS)}
    ranked = sorted(slices.items(), key=lambda item: (order[item[0][0]], item[0]))
    return Stats(destination.resolve().name, numbers, dict(ranked), shown)


def _records(destination: Path, numbers: list[int]) -> Iterator[tuple[str, bytes]]:
    """Yields (split, serialized record)."""
    for number in numbers:
        for split in SPLITS:
            for path in sorted(span_folder(destination, number).glob(f"{split}-*.tfrecord")):
                try:
                    for serialized in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
                        yield split, serialized
                except tf.errors.OpError as error:
                    raise InputError(f"{path}: damaged ({error.message}); convert its span again") from error


def _look(
    item: tuple[str, bytes],
) -> tuple[str, PairRecord, tuple[ImageU8, ImageU8], tuple[float, float] | None]:
    split, serialized = item
    record = PairRecord.from_example(serialized)
    limits = Limits()
    degraded = decode(record.input_image, record.input_name, limits)[0]
    target = decode(record.target_image, record.target_name, limits)[0]
    if degraded.shape != target.shape:
        return split, record, (degraded, target), None
    similarity = fast_ssim_plane(luma_full_range(degraded), luma_full_range(target))
    return split, record, (degraded, target), (psnr(degraded, target), similarity)
