"""Paired records: what this project's reader accepts, TensorFlow's parser, which feeds the training, has to read alike."""

from __future__ import annotations

from dataclasses import asdict

import tensorflow as tf

from data.features import BYTES_FEATURES, INT_FEATURES
from data.records import PairRecord, feature_spec, pair_id_of
from tests.fuzz.frame import Target


def _read(data: bytes) -> None:
    record = PairRecord.from_example(data)
    assert pair_id_of(data) == record.pair_id
    example = record.to_example()
    parsed = tf.io.parse_single_example(data, feature_spec())
    for name in BYTES_FEATURES:
        assert parsed[name].numpy() == example.features.feature[name].bytes_list.value[0], name
    for name in INT_FEATURES:
        assert parsed[name].numpy() == example.features.feature[name].int64_list.value[0], name
    assert PairRecord.from_example(example.SerializeToString()) == record


def _seeds() -> list[bytes]:
    record = PairRecord(
        pair_id="set/1",
        scene_id="set/a",
        degradation="rain",
        severity="light",
        source="set",
        input_name="input/région.png",
        target_name="target/1.png",
        input_image=b"\x89PNG\r\n\x1a\n" + b"x" * 20,
        target_image=b"\xff\xd8\xff" + b"y" * 20,
        input_size=(96, 128),
        target_size=(96, 128),
    )
    other = PairRecord(**{**asdict(record), "severity": "unknown", "input_size": (1, 10**6)})
    return [each.to_example().SerializeToString(deterministic=True) for each in (record, other)]


TARGET = Target(
    read=_read,
    seeds=_seeds,
    refusals=(ValueError,),
    words=(
        *(
            b"pair_id",
            b"scene_id",
            b"severity",
            b"input_image",
            b"target_height",
            b"\x0a",
            b"\x12",
            b"\x1a",
            b"\x0a\x00",
            b"\x1a\x00",
        ),
        *(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\xed\xa0\x80", b"\x00"),
    ),
)
