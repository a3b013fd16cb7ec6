"""Converts measured pairs to and from `tf.train.Example`s, one per pair, on which TFDV computes statistics."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from components.pair_validator.judging.measurement_store import MeasuredRecord
from components.pair_validator.measuring.measure import rounded
from components.pair_validator.measuring.pair_measurement import PairMeasurement

RECORD_FIELDS = ("split", "scene_id", "severity", "input", "target")
"""Features of an Example beside the fields of `PairMeasurement`."""


def to_example(record: MeasuredRecord) -> bytes:
    """Serializes a measured pair.

    Args:
        record: The measured pair.

    Returns:
        A serialized `tf.train.Example` with one feature for each field of the record and of its measurement that is not None.
    """
    fields = {name: getattr(record, name) for name in RECORD_FIELDS} | record.measurement.to_json()
    features = {name: _feature(value) for name, value in fields.items() if value is not None}
    return bytes(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True))


def from_example(serialized: bytes) -> MeasuredRecord:
    """Returns the measured pair that `to_example` serialized.

    Args:
        serialized: A serialized `tf.train.Example`.
    """
    features = tf.train.Example.FromString(serialized).features.feature
    fields: dict[str, Any] = {name: _value(feature) for name, feature in features.items()}
    own = {name: fields.pop(name, None) for name in RECORD_FIELDS}
    return MeasuredRecord(**own, measurement=PairMeasurement.from_json(fields))


def _feature(value: Any) -> tf.train.Feature:
    if isinstance(value, str):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))
    if isinstance(value, int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    return tf.train.Feature(float_list=tf.train.FloatList(value=[value]))


def _value(feature: tf.train.Feature) -> str | int | float:
    kind = feature.WhichOneof("kind")
    (value,) = getattr(feature, kind).value
    if kind == "bytes_list":
        return str(value.decode())
    return int(value) if kind == "int64_list" else rounded(value)
