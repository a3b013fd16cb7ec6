"""Measured pairs as `tf.train.Example`s, one a pair: what TFDV takes statistics of, and what verdicts are made from."""

from __future__ import annotations

import dataclasses
from typing import Any

import tensorflow as tf

from components.pair_validator.judging.measurement_store import MeasuredRecord
from components.pair_validator.measuring.measure import PairMeasurement, rounded

_RECORD_FIELDS = ("split", "scene_id", "severity", "input", "target")


def to_example(record: MeasuredRecord) -> bytes:
    """Returns a serialized Example with one feature for each field of the record and of its measurement.

    What could not be measured has no feature.
    """
    fields = {name: getattr(record, name) for name in _RECORD_FIELDS} | record.measurement.to_json()
    features = {name: _feature(value) for name, value in fields.items() if value is not None}
    return bytes(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True))


def from_example(serialized: bytes) -> MeasuredRecord:
    """Reads back what `to_example` returned, to the last digit that was measured."""
    features = tf.train.Example.FromString(serialized).features.feature
    fields: dict[str, Any] = {name: _value(feature) for name, feature in features.items()}
    own = {name: fields.pop(name, None) for name in _RECORD_FIELDS}
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


def feature_names() -> tuple[str, ...]:
    """Returns the names of all features, measured or not: those that the curated schema has to know."""
    return (*_RECORD_FIELDS, *(field.name for field in dataclasses.fields(PairMeasurement)))
