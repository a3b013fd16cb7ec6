"""Examples artifacts read and written by Beam: shared by the component that measures and the one that judges."""

from __future__ import annotations

import apache_beam as beam
from tfx import v1 as tfx

from components.tfx_internals import decode_split_names, encode_split_names, get_split_uri

_RECORDS = "data_tfrecord"  # the name TFX gives to an Examples artifact's files
_COMPRESSED = ".gz"
_PROPERTIES = ("payload_format", "file_format", "span", "version")


def splits_of(examples: tfx.dsl.Artifact) -> list[str]:
    """Returns the names of an artifact's splits."""
    return list(decode_split_names(examples.split_names))


def pattern_of(examples: tfx.dsl.Artifact, split: str) -> str:
    """Returns the file pattern of a split."""
    return f"{get_split_uri([examples], split)}/*"


def take_after(source: tfx.dsl.Artifact, destination: tfx.dsl.Artifact) -> None:
    """Gives an artifact the splits, the format and the span of another."""
    destination.split_names = encode_split_names(splits_of(source))
    for name in _PROPERTIES:
        if source.has_custom_property(name):
            _copy_property(source, destination, name)


def _copy_property(source: tfx.dsl.Artifact, destination: tfx.dsl.Artifact, name: str) -> None:
    """Copies a custom property, which TFX keeps as text or as a number."""
    value = source.get_custom_property(name)
    if isinstance(value, int):
        destination.set_int_custom_property(name, value)
    else:
        destination.set_string_custom_property(name, value)


def span_of(examples: tfx.dsl.Artifact) -> int | None:
    """Returns the number of the span that an artifact was ingested from; None where it does not say."""
    value = str(examples.get_custom_property("span")) if examples.has_custom_property("span") else ""
    return int(value) if value.isdigit() else None


def read(pipeline: beam.Pipeline, examples: tfx.dsl.Artifact, split: str) -> beam.PCollection:
    """Returns the serialized records of a split."""
    return pipeline | f"Read[{split}]" >> beam.io.ReadFromTFRecord(pattern_of(examples, split))


def write(collection: beam.PCollection, examples: tfx.dsl.Artifact, split: str) -> None:
    """Writes serialized records as a split, whole."""
    prefix = f"{get_split_uri([examples], split)}/{_RECORDS}"
    _ = collection | f"Write[{split}]" >> beam.io.WriteToTFRecord(prefix, file_name_suffix=_COMPRESSED)
