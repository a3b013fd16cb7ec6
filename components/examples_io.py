"""Reads and writes Examples artifacts with Beam."""

from __future__ import annotations

import apache_beam as beam
import tensorflow as tf
from apache_beam.io.filebasedsink import FileBasedSink
from tfx import v1 as tfx

from components.tfx_internals import decode_split_names, encode_split_names, get_split_uri

_RECORDS = "data_tfrecord"  # TFX's prefix of the files of an Examples artifact
_COMPRESSED = ".gz"
_PROPERTIES = ("payload_format", "file_format", "span", "version")


def splits_of(examples: tfx.dsl.Artifact) -> list[str]:
    """Returns the names of the splits of an artifact.

    Args:
        examples: An Examples artifact.
    """
    return list(decode_split_names(examples.split_names))


def pattern_of(examples: tfx.dsl.Artifact, split: str) -> str:
    """Returns the file pattern of a split.

    Args:
        examples: An Examples artifact.
        split: Name of the split.
    """
    return f"{get_split_uri([examples], split)}/*"


def copy_description(source: tfx.dsl.Artifact, destination: tfx.dsl.Artifact) -> None:
    """Copies the splits, the format and the span of an artifact to another.

    Args:
        source: The Examples artifact to copy from.
        destination: The Examples artifact to describe.
    """
    destination.split_names = encode_split_names(splits_of(source))
    for name in _PROPERTIES:
        if source.has_custom_property(name):
            _copy_property(source, destination, name)


def _copy_property(source: tfx.dsl.Artifact, destination: tfx.dsl.Artifact, name: str) -> None:
    """Copies a custom property, which is a text or an integer."""
    value = source.get_custom_property(name)
    if isinstance(value, int):
        destination.set_int_custom_property(name, value)
    else:
        destination.set_string_custom_property(name, value)


def span_of(examples: tfx.dsl.Artifact) -> int | None:
    """Returns the number of the newest span in an artifact; None where the property is missing.

    Args:
        examples: An Examples artifact.
    """
    value = str(examples.get_custom_property("span")) if examples.has_custom_property("span") else ""
    return int(value) if value.isdigit() else None


def read(pipeline: beam.Pipeline, examples: tfx.dsl.Artifact, split: str) -> beam.PCollection:
    """Adds the step that reads a split.

    Args:
        pipeline: The Beam pipeline.
        examples: An Examples artifact.
        split: Name of the split.

    Returns:
        The serialized records.
    """
    return pipeline | f"Read[{split}]" >> beam.io.ReadFromTFRecord(pattern_of(examples, split))


def write(collection: beam.PCollection, examples: tfx.dsl.Artifact, split: str) -> None:
    """Adds the step that writes a split.

    Args:
        collection: Serialized records.
        examples: An Examples artifact.
        split: Name of the split.
    """
    prefix = f"{get_split_uri([examples], split)}/{_RECORDS}"
    sink = _StoredRecords(prefix, beam.coders.BytesCoder(), file_name_suffix=_COMPRESSED)
    _ = collection | f"Write[{split}]" >> beam.io.Write(sink)


class _StoredRecords(FileBasedSink):
    """Writes TFRecords in gzip's format without compression.

    Readers of TFX's Examples expect the format. PNG and JPEG, which are next to all bytes of a record, become no smaller, and
    trying takes half of the time of a SpanWindow.
    """

    def open(self, temp_path: str) -> tf.io.TFRecordWriter:
        """Opens a file."""
        return tf.io.TFRecordWriter(temp_path, tf.io.TFRecordOptions(compression_type="GZIP", compression_level=0))

    def write_encoded_record(self, file_handle: tf.io.TFRecordWriter, encoded_value: bytes) -> None:
        """Writes a record."""
        file_handle.write(encoded_value)

    def close(self, file_handle: tf.io.TFRecordWriter | None) -> None:
        """Closes a file."""
        if file_handle is not None:
            file_handle.close()
