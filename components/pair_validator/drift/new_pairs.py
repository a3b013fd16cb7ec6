"""Statistics of the new pairs in a window of spans, for the comparison with the last accepted span.

In a window of seven spans the newest one is a seventh of the distribution, which would hide a change in it.
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


def new_pair_ids(examples: Path, accepted_span: int) -> frozenset[str] | None:
    """Finds the train pairs that arrived after the last accepted span.

    Args:
        examples: Folder of the Examples artifact of SpanWindow.
        accepted_span: Number of the last accepted span.

    Returns:
        Ids of the new pairs; None where all pairs of the window are new, or the window has a single span.
    """
    file = examples / TRAIN_IDS_FILE
    if not file.is_file():
        return None
    by_span = {int(number): ids for number, ids in json.loads(file.read_text(encoding="utf-8")).items()}
    if min(by_span) > accepted_span:
        return None
    return frozenset(name for number, ids in by_span.items() if number > accepted_span for name in ids)


def write_statistics(measurements: str, ids: frozenset[str], schema: Path, split: str, folder: Path) -> None:
    """Writes TFDV's statistics of some pairs' measurements, in the layout of StatisticsGen.

    Args:
        measurements: File pattern of the measured pairs of the split.
        ids: Ids of the pairs to include.
        schema: The curated schema, a text proto.
        split: Name of the split.
        folder: Output folder; it is created.
    """
    split_folder = folder / f"Split-{split}"
    split_folder.mkdir(parents=True)
    chosen = split_folder / "measured.tfrecord"
    with tf.io.TFRecordWriter(str(chosen)) as writer:
        for serialized in _chosen(tf.io.gfile.glob(measurements), ids):
            writer.write(serialized)
    statistics = tfdv.generate_statistics_from_tfrecord(
        str(chosen),
        str(split_folder / "statistics.tfrecord"),
        tfdv.StatsOptions(schema=tfdv.load_schema_text(str(schema))),
        PipelineOptions(list(_BEAM)),
    )
    (split_folder / STATISTICS_FILE).write_bytes(statistics.SerializeToString())


def _chosen(files: Iterable[str], ids: frozenset[str]) -> Iterator[bytes]:
    for serialized in tf.data.TFRecordDataset(sorted(files), "GZIP").as_numpy_iterator():
        (name,) = tf.train.Example.FromString(serialized).features.feature[_ID].bytes_list.value
        if name.decode() in ids:
            yield serialized
