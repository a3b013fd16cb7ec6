"""Pairs made to be recognised: what the input function is fed so that its output tells what was done to either image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from data.features import UNKNOWN
from data.records import PairRecord
from model_code.input.pair_input import PairFiles

Image = NDArray[np.uint8]

# Flat pairs: their colours, each unlike every other by 40 levels and more in some channel.
FLAT_PAIRS = 6
_SEED = 11
# Share of the steps between neighbours that are of one pixel where a patch is of a coded image; at a fold they are too.
_CODED = 0.9


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of the flat pairs.

    Attributes:
        of_inputs: uint8 [FLAT_PAIRS, 3].
        of_targets: uint8 [FLAT_PAIRS, 3].
    """

    of_inputs: Image
    of_targets: Image


def colours() -> Colours:
    """Returns colours on a lattice of 48 levels, dealt at random."""
    lattice = np.stack(np.meshgrid(*[np.arange(30, 230, 48)] * 3), axis=-1).reshape(-1, 3)
    chosen = np.random.default_rng(_SEED).permutation(lattice)[: 2 * FLAT_PAIRS].astype(np.uint8)
    return Colours(chosen[:FLAT_PAIRS], chosen[FLAT_PAIRS:])


def flat_pairs(patch: int) -> list[tuple[Image, Image]]:
    """Returns pairs of one colour each, a little larger than a patch: no crop or turn changes them."""
    table, size = colours(), (patch + 4, patch + 9)
    return [
        (np.tile(one, (*size, 1)), np.tile(other, (*size, 1)))
        for one, other in zip(table.of_inputs, table.of_targets, strict=True)
    ]


def coded_pairs(patch: int) -> list[tuple[Image, Image]]:
    """Returns pairs of twice the same image, each of whose pixels holds its row and column (`coordinates` reads them).

    A few pixels larger than a patch, so that each offset is drawn, the last one too; larger still; and, on one side,
    smaller, so that it has to be padded.
    """
    sizes = ((patch + 2, patch + 3), (patch + 3, patch + 1), (patch + 19, patch + 40), (patch // 2 + 3, patch + 5))
    images = [_coded(*size) for size in sizes]
    return [(image, image) for image in images]


def _coded(height: int, width: int) -> Image:
    rows, columns = np.mgrid[:height, :width]
    high = 16 * (rows // 256) + columns // 256
    return np.stack([rows % 256, columns % 256, high], axis=-1).astype(np.uint8)


def coordinates(patches: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Reads the rows and columns, [N, P, P] each, that patches [N, P, P, 3] in [0, 1] of coded images hold."""
    levels = np.rint(patches * 255).astype(np.int64)
    high = levels[..., 2]
    return levels[..., 0] + 256 * (high // 16), levels[..., 1] + 256 * (high % 16)


def is_coded(patches: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Returns which patches [N, P, P, 3] are of coded images: in nearly all places, neighbours are a pixel apart."""
    rows, columns = coordinates(patches)
    steps = [np.abs(np.diff(rows, axis=axis)) + np.abs(np.diff(columns, axis=axis)) for axis in (1, 2)]
    return np.logical_and(*((step == 1).mean(axis=(1, 2)) > _CODED for step in steps))


def write(records: Sequence[PairRecord], file: Path, like: PairFiles) -> PairFiles:
    """Writes records as a split that is read, cached and decoded like another.

    Args:
        records: What to write.
        file: Where to.
        like: The split whose way of being read is checked.
    """
    with tf.io.TFRecordWriter(str(file), like.compression) as writer:
        for record in records:
            writer.write(record.to_example().SerializeToString())
    return replace(like, files=(str(file),), pairs=len(records))


def real_pairs(split: PairFiles, count: int) -> list[PairRecord]:
    """Returns the first records of a split."""
    serialized = tf.data.TFRecordDataset(split.files, split.compression).take(count)
    return [PairRecord.from_example(record) for record in serialized.as_numpy_iterator()]


def doubled(records: Iterable[PairRecord]) -> list[PairRecord]:
    """Returns two pairs for each one given: its input twice, and its target twice."""
    return [
        replace(record, input_image=image, target_image=image, input_size=size, target_size=size)
        for record in records
        for image, size in (
            (record.input_image, record.input_size),
            (record.target_image, record.target_size),
        )
    ]


def made(pairs: Sequence[tuple[Image, Image]]) -> list[PairRecord]:
    """Returns pairs of images, uint8 [H, W, 3], as records."""
    return [_record(str(number), *pair) for number, pair in enumerate(pairs)]


def _record(name: str, degraded: Image, target: Image) -> PairRecord:
    encoded = [tf.io.encode_png(image).numpy() for image in (degraded, target)]
    sizes = [(image.shape[0], image.shape[1]) for image in (degraded, target)]
    return PairRecord(name, name, UNKNOWN, UNKNOWN, "probe", name, name, encoded[0], encoded[1], sizes[0], sizes[1])
