"""Converts a folder and reads the records back."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import tensorflow as tf

from data.conversion.request import ConvertRequest
from data.convert import convert
from data.layouts.layout import same_name
from data.records import PairRecord
from data.spans.manifest import Manifest


def read(folder: Path) -> dict[str, list[PairRecord]]:
    """All records of a span, by split."""
    found = defaultdict(list)
    for path in sorted(folder.glob("*.tfrecord")):
        for item in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            found[path.name.partition("-")[0]].append(PairRecord.from_example(item))
    return found


def run(source: Path, destination: Path, **options: object) -> tuple[Manifest, dict[str, list[PairRecord]]]:
    manifest = convert(ConvertRequest(source, destination, **{"layout": same_name(), **options}))
    return manifest, read(destination / f"span-{manifest.span}")


def decoded(data: bytes) -> np.ndarray:
    return tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE").numpy()


def left_over(destination: Path) -> list[str]:
    return sorted(path.name for path in destination.iterdir() if path.name != ".lock")
