"""The files of a span: the bytes before `FILE` are `manifest.json`, those after it the one record file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from data.errors import InputError
from data.image.codec.encoding import encode_png
from data.records import PairRecord
from data.spans.manifest import MANIFEST_NAME, Manifest, SceneEntry, known_scenes, read_manifests, spans
from data.stats import measure_data_set
from tests.fuzz.frame import Target

FILE = b"\xff file \xff"
_SHARD = "train-00000-of-00001.tfrecord"


def _read(data: bytes) -> None:
    manifest, _, records = data.partition(FILE)
    with tempfile.TemporaryDirectory() as folder:
        span = Path(folder) / "span-1"
        span.mkdir()
        (span / MANIFEST_NAME).write_bytes(manifest)
        (span / _SHARD).write_bytes(records)
        assert spans(Path(folder)) == [1]
        known_scenes(read_manifests(Path(folder)))
        measure_data_set(Path(folder)).to_json()


def _framed(record: bytes) -> bytes:
    """Returns a record as a TFRecord file holds it, with checksums."""
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "one")
        with tf.io.TFRecordWriter(file) as writer:
            writer.write(record)
        return Path(file).read_bytes()


def _seeds() -> list[bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)
    picture = encode_png(pixels)
    record = PairRecord("set/1", "a", "rain", "light", "set", "i/1.png", "t/1.png", picture, picture, (9, 12), (9, 12))
    manifest = Manifest(
        span=1,
        source="set",
        rule={"layout": "same-name"},
        seed=1,
        shares={"train": 1.0, "validation": 0.0, "evaluation": 0},
        code_version="0",
        created="2026-01-01T00:00:00+00:00",
        pairs=1,
        counts={"split": {"train": 1}},
        sizes={"9x12": 1},
        scenes={"a": SceneEntry("train", 1, ["00ff"])},
        files={"i/1.png": "0" * 64},
        shards=[_SHARD],
    )
    return [manifest.to_json().encode() + FILE + _framed(record.to_example().SerializeToString(deterministic=True))]


TARGET = Target(
    read=_read,
    seeds=_seeds,
    refusals=(InputError,),
    words=(
        *(
            FILE,
            b'"split"',
            b'"counts"',
            b'"shards"',
            b'"hashes"',
            b'"scenes"',
            b"null",
            b"[[[[",
            b"{}",
            b"[]",
            b"1e999",
            b"NaN",
        ),
        *(b"-1", b'"\\ud800"', b"../", _SHARD.encode(), b"\x00" * 8, b"\xff" * 8),
    ),
)
