"""Probes of the input check: pairs whose pixels reveal which pair, side and position they come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from data.features import UNKNOWN
from data.image.arrays import ImageU8
from data.records import PairRecord
from model_code.input.pair_input import PairSplit

FLAT_PAIRS = 6
_COLOUR_SEED = 11
# A patch is of a coded image if the coordinates of more than this share of its neighbours are one pixel apart. Padding by
# reflection keeps that.
_CODED_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of the flat pairs.

    Attributes:
        of_inputs: uint8 [FLAT_PAIRS, 3].
        of_targets: uint8 [FLAT_PAIRS, 3].
    """

    of_inputs: NDArray[np.uint8]
    of_targets: NDArray[np.uint8]


def colours() -> Colours:
    """Returns random colours on a lattice of 48 levels, so that any two differ by 48 levels or more in some channel."""
    lattice = np.stack(np.meshgrid(*[np.arange(30, 230, 48)] * 3), axis=-1).reshape(-1, 3)
    chosen = np.random.default_rng(_COLOUR_SEED).permutation(lattice)[: 2 * FLAT_PAIRS].astype(np.uint8)
    return Colours(chosen[:FLAT_PAIRS], chosen[FLAT_PAIRS:])


def flat_pairs(patch: int) -> list[tuple[ImageU8, ImageU8]]:
    """Returns pairs of images in one colour each, which no crop, flip or rotation changes.

    Args:
        patch: Side of the training patches in pixels; the images are a little larger.

    Returns:
        Inputs and targets, uint8 [patch + 4, patch + 9, 3].
    """
    table, size = colours(), (patch + 4, patch + 9)
    return [
        (np.tile(one, (*size, 1)), np.tile(other, (*size, 1)))
        for one, other in zip(table.of_inputs, table.of_targets, strict=True)
    ]


def coded_pairs(patch: int) -> list[tuple[ImageU8, ImageU8]]:
    """Returns pairs of twice the same image, each of whose pixels encodes its row and column (`coordinates` reads them).

    Two are a few pixels larger than a patch, so that each offset is drawn, the last included. One is much larger. One is
    smaller in height, so that it must be padded.

    Args:
        patch: Side of the training patches in pixels.
    """
    sizes = ((patch + 2, patch + 3), (patch + 3, patch + 1), (patch + 19, patch + 40), (patch // 2 + 3, patch + 5))
    images = [_coded(*size) for size in sizes]
    return [(image, image) for image in images]


def _coded(height: int, width: int) -> ImageU8:
    rows, columns = np.mgrid[:height, :width]
    high = 16 * (rows // 256) + columns // 256
    return np.stack([rows % 256, columns % 256, high], axis=-1).astype(np.uint8)


def coordinates(patches: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Reads the coordinates that patches of coded images encode.

    Args:
        patches: float32 [N, P, P, 3] in [0, 1].

    Returns:
        Rows and columns, int64 [N, P, P] each.
    """
    levels = np.rint(patches * 255).astype(np.int64)
    high = levels[..., 2]
    return levels[..., 0] + 256 * (high // 16), levels[..., 1] + 256 * (high % 16)


def is_coded(patches: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Returns which patches are of coded images: the coordinates of nearly all neighbours are a pixel apart.

    Args:
        patches: float32 [N, P, P, 3] in [0, 1].

    Returns:
        bool [N].
    """
    rows, columns = coordinates(patches)
    steps = [np.abs(np.diff(rows, axis=axis)) + np.abs(np.diff(columns, axis=axis)) for axis in (1, 2)]
    return np.logical_and(*((step == 1).mean(axis=(1, 2)) > _CODED_SHARE for step in steps))


def write(records: Sequence[PairRecord], file: Path, like: PairSplit) -> PairSplit:
    """Writes records to a split that is read, cached and decoded as another one.

    Args:
        records: The records to write.
        file: The TFRecord file to write.
        like: The other split.

    Returns:
        The split of the written records, with the other's way of decoding.
    """
    with tf.io.TFRecordWriter(str(file), like.compression) as writer:
        for record in records:
            writer.write(record.to_example().SerializeToString())
    return replace(like, files=(str(file),), pairs=len(records))


def real_pairs(split: PairSplit, count: int) -> list[PairRecord]:
    """Returns the first records of a split.

    Args:
        split: The files.
        count: Number of records.
    """
    serialized = tf.data.TFRecordDataset(split.files, split.compression).take(count)
    return [PairRecord.from_example(record) for record in serialized.as_numpy_iterator()]


def self_paired(records: Iterable[PairRecord]) -> list[PairRecord]:
    """Returns two pairs for each record: its input paired with itself, and its target paired with itself.

    Args:
        records: Pairs of the run's own data.
    """
    return [
        replace(record, input_image=image, target_image=image, input_size=size, target_size=size)
        for record in records
        for image, size in (
            (record.input_image, record.input_size),
            (record.target_image, record.target_size),
        )
    ]


def as_records(pairs: Sequence[tuple[ImageU8, ImageU8]]) -> list[PairRecord]:
    """Returns records of pairs of images.

    Args:
        pairs: Inputs and targets, uint8 [H, W, 3].
    """
    return [_record(str(number), *pair) for number, pair in enumerate(pairs)]


def _record(name: str, degraded: ImageU8, target: ImageU8) -> PairRecord:
    encoded = [tf.io.encode_png(image).numpy() for image in (degraded, target)]
    sizes = [(image.shape[0], image.shape[1]) for image in (degraded, target)]
    return PairRecord(name, name, UNKNOWN, UNKNOWN, "probe", name, name, encoded[0], encoded[1], sizes[0], sizes[1])
