"""Statistics of the new pairs in a window of spans, for the comparison with the last accepted span.

In a window of seven spans the newest one is a seventh of the distribution, which would hide a change in it.
"""

from __future__ import annotations

from pathlib import Path

import apache_beam as beam
import tensorflow_data_validation as tfdv
from tfx_bsl.public.tfxio import TFExampleBeamRecord

from components.id_joins import packed_ids
from components.pair_validator.beam_fns import is_measurement_of
from components.pair_validator.drift.comparison import STATISTICS_FILE
from components.span_window.beam_fns import new_train_id
from components.span_window.properties import TRAIN_IDS_PREFIX, span_numbers

_STATISTICS = "statistics.tfrecord"


def train_ids_pattern(examples: Path) -> str:
    """Returns the pattern of the files that hold the ids of the train pairs.

    Args:
        examples: Folder of the Examples artifact of SpanWindow.
    """
    return f"{examples}/{TRAIN_IDS_PREFIX}-*"


def has_older_pairs(examples: Path, window: str, accepted_span: int) -> bool:
    """Returns whether a window has new train pairs and others, which were there when a span was accepted.

    Args:
        examples: Folder of the Examples artifact of SpanWindow.
        window: Value of its `WINDOW_PROPERTY`; empty where it has none.
        accepted_span: Number of the last accepted span.

    Returns:
        False where all pairs of the window are new, or the window has a single span of train pairs.
    """
    if not window or min(span_numbers(window)) > accepted_span:
        return False
    return any(examples.glob(f"{TRAIN_IDS_PREFIX}-*"))


def add_statistics(
    pipeline: beam.Pipeline, measurements: str, train_ids: str, accepted_span: int, schema: Path, folder: Path
) -> None:
    """Adds the steps that write TFDV's statistics of the new pairs' measurements to a pipeline.

    Args:
        pipeline: The Beam pipeline.
        measurements: File pattern of the measured pairs of the split.
        train_ids: File pattern from `train_ids_pattern`.
        accepted_span: Number of the last accepted span; pairs of later spans are new.
        schema: The curated schema, a text proto.
        folder: Output folder, which the workers share with this process; `finish_statistics` reads it.
    """
    ids = (
        pipeline
        | "ReadTrainIds" >> beam.io.ReadFromText(train_ids)
        | "NewIds" >> beam.FlatMap(new_train_id, accepted_span)
    )
    source = TFExampleBeamRecord("tfrecord_gzip", ["ast_restoration", "new_pairs"])
    _ = (
        pipeline
        | "ReadMeasurements" >> beam.io.ReadFromTFRecord(measurements)
        | "NewPairs" >> beam.Filter(is_measurement_of, packed_ids(ids, "Pack"))
        | "Batch" >> source.BeamSource()
        | "Statistics" >> tfdv.GenerateStatistics(tfdv.StatsOptions(schema=tfdv.load_schema_text(str(schema))))
        | "WriteStatistics" >> tfdv.WriteStatisticsToTFRecord(str(folder / _STATISTICS))
    )


def finish_statistics(folder: Path, split: str) -> None:
    """Writes the statistics of a finished pipeline in the layout of StatisticsGen.

    Args:
        folder: The folder that `add_statistics` was given.
        split: Name of the split.
    """
    split_folder = folder / f"Split-{split}"
    split_folder.mkdir(parents=True)
    statistics = tfdv.load_statistics(str(folder / _STATISTICS))
    (split_folder / STATISTICS_FILE).write_bytes(statistics.SerializeToString())
