"""The statistics of what is new in a window of spans: drift is of the spans that arrived, not of the window that holds them.

In a window of seven spans a new one is a seventh of the distribution, and what has changed in it would pass for noise.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import tensorflow as tf
import tensorflow_data_validation as tfdv
from apache_beam.options.pipeline_options import PipelineOptions

from components.pair_validator.drift.comparison import STATISTICS_FILE
from components.span_window.properties import TRAIN_IDS_FILE

_BEAM = ("--runner=DirectRunner", "--direct_running_mode=in_memory")
_ID = "pair_id"


def newcomers(examples: Path, accepted_span: int) -> frozenset[str] | None:
    """Returns the train pairs that arrived after the last accepted span; None where all pairs did, or it is not known.

    Args:
        examples: Folder of the SpanWindow's Examples.
        accepted_span: Number of the last span that was accepted.
    """
    file = examples / TRAIN_IDS_FILE
    if not file.is_file():
        return None
    by_span = {int(number): ids for number, ids in json.loads(file.read_text(encoding="utf-8")).items()}
    if min(by_span) > accepted_span:
        return None
    return frozenset(name for number, ids in by_span.items() if number > accepted_span for name in ids)


def write_statistics(measurements: str, ids: frozenset[str], schema: Path, split: str, folder: Path) -> None:
    """Writes TFDV's statistics of some pairs' measurements, laid out as StatisticsGen does it.

    Args:
        measurements: File pattern of the measured pairs of the split.
        ids: Of the pairs that count.
        schema: The curated schema, as text.
        split: The split's name.
        folder: Where to; it is made.
    """
    place = folder / f"Split-{split}"
    place.mkdir(parents=True)
    chosen = place / "measured.tfrecord"
    with tf.io.TFRecordWriter(str(chosen)) as writer:
        for serialized in _chosen(tf.io.gfile.glob(measurements), ids):
            writer.write(serialized)
    found = tfdv.generate_statistics_from_tfrecord(
        str(chosen),
        str(place / "statistics.tfrecord"),
        tfdv.StatsOptions(schema=tfdv.load_schema_text(str(schema))),
        PipelineOptions(list(_BEAM)),
    )
    (place / STATISTICS_FILE).write_bytes(found.SerializeToString())


def _chosen(files: Iterable[str], ids: frozenset[str]) -> Iterator[bytes]:
    for serialized in tf.data.TFRecordDataset(sorted(files), "GZIP").as_numpy_iterator():
        (name,) = tf.train.Example.FromString(serialized).features.feature[_ID].bytes_list.value
        if name.decode() in ids:
            yield serialized
