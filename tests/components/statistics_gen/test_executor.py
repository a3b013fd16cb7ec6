"""The statistics of few records: the bytes that TFX's own executor writes, and its own executor where they are many."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import v1 as tfx

from components.pair_validator.drift.comparison import STATISTICS_FILE as FILE_OF_DRIFT
from components.statistics_gen import in_memory
from components.statistics_gen.component import StatisticsGen
from components.statistics_gen.executor import FewRecordsStatisticsExecutor
from components.statistics_gen.in_memory import statistics_in_memory
from components.tfx_internals import STATISTICS_FILE, StatisticsGenExecutor
from data.features import SPLITS
from data.records import PairRecord
from pipeline.config_sections import beam_options
from pipeline.schemas import MEASUREMENT_SCHEMA, SCHEMA

artifacts = tfx.types.standard_artifacts
BY_BEAM = "sample_rate_by_split"
"""A property that TFX's executor gives to the statistics, and ours does not."""


def _pair(number: int) -> bytes:
    rng = np.random.default_rng(number)
    images = [cv2.imencode(".png", rng.integers(0, 256, (8, 9, 3), np.uint8))[1].tobytes() for _ in range(2)]
    severity = ("light", "heavy")[number % 2]
    record = PairRecord(f"p{number}", f"s{number // 3}", "rain", severity, "made", "i", "t", *images, (8, 9), (8, 9))
    return record.to_example().SerializeToString()


def _measurement(number: int, names: list[str]) -> bytes:
    """A record with a value for each measurement but one in five, which is missing, as where two images do not match."""
    rng = np.random.default_rng(number)
    values = {
        name: tf.train.Feature(float_list=tf.train.FloatList(value=[rng.normal()]))
        for name in names
        if rng.random() < 0.8
    }
    return tf.train.Example(features=tf.train.Features(feature=values)).SerializeToString()


def _examples(folder: Path, records: dict[str, list[bytes]]) -> tfx.dsl.Artifact:
    for split, serialized in records.items():
        (folder / f"Split-{split}").mkdir(parents=True)
        file = folder / f"Split-{split}" / "data_tfrecord-00000-of-00001.gz"
        with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
            for record in serialized:
                writer.write(record)
    examples = artifacts.Examples()
    examples.uri, examples.split_names, examples.span = str(folder), str([*records]).replace("'", '"'), 3
    return examples


def _pairs(folder: Path) -> tfx.dsl.Artifact:
    return _examples(folder, {split: [_pair(number) for number in range(3, 3 + 4 * length)]
                              for length, split in enumerate(SPLITS, start=1)})  # fmt: skip


def _run(executor: type, examples: tfx.dsl.Artifact, schema: Path, folder: Path) -> tfx.dsl.Artifact:
    expected, statistics = artifacts.Schema(), artifacts.ExampleStatistics()
    expected.uri, statistics.uri = str(schema.parent), str(folder / "statistics")
    context = executor.Context(
        beam_pipeline_args=beam_options.for_tfx(beam_options.IN_MEMORY), tmp_dir=str(folder / "tmp")
    )
    channels = [tfx.dsl.Channel(type=kind) for kind in (artifacts.Examples, artifacts.Schema)]
    parameters = StatisticsGen(examples=channels[0], schema=channels[1]).exec_properties
    executor(context).Do({"examples": [examples], "schema": [expected]}, {"statistics": [statistics]}, parameters)
    return statistics


def _schema(folder: Path, schema: Path) -> Path:
    """A schema in a folder of its own, as SchemaGen leaves it."""
    folder.mkdir()
    copy = folder / "schema.pbtxt"
    copy.write_bytes(schema.read_bytes())
    return copy


def _bytes_of(statistics: tfx.dsl.Artifact) -> dict[str, bytes]:
    folder = Path(statistics.uri)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_statistics_of_pairs_are_those_of_tfx_to_the_byte(tmp_path):
    examples, schema = _pairs(tmp_path / "examples"), _schema(tmp_path / "schema", SCHEMA)
    ours = _run(FewRecordsStatisticsExecutor, examples, schema, tmp_path / "ours")
    theirs = _run(StatisticsGenExecutor, examples, schema, tmp_path / "theirs")

    assert _bytes_of(ours).keys() == {f"Split-{split}/{STATISTICS_FILE}" for split in SPLITS}
    assert _bytes_of(ours) == _bytes_of(theirs)
    assert (ours.split_names, ours.span) == (theirs.split_names, theirs.span)
    assert theirs.has_custom_property(BY_BEAM)
    assert not ours.has_custom_property(BY_BEAM)
    assert STATISTICS_FILE == FILE_OF_DRIFT


def test_the_statistics_of_as_many_measurements_as_memory_admits_are_those_of_tfx(tmp_path):
    schema = _schema(tmp_path / "schema", MEASUREMENT_SCHEMA)
    floats = [each.name for each in tfdv.load_schema_text(str(schema)).feature if each.type == 3][:5]
    assert len(floats) == 5
    records = [_measurement(number, floats) for number in range(in_memory.MAX_RECORDS)]
    examples = _examples(tmp_path / "examples", {"train": records})
    ours = _run(FewRecordsStatisticsExecutor, examples, schema, tmp_path / "ours")
    theirs = _run(StatisticsGenExecutor, examples, schema, tmp_path / "theirs")

    assert not ours.has_custom_property(BY_BEAM)
    mine, others = _by_feature(ours), _by_feature(theirs)
    assert mine.keys() == others.keys()
    for name, feature in mine.items():
        assert feature.num_stats.common_stats == others[name].num_stats.common_stats
        for value in ("mean", "std_dev", "median", "min", "max"):
            expected = getattr(others[name].num_stats, value)
            assert getattr(feature.num_stats, value) == pytest.approx(expected, rel=1e-9), (name, value)


def _by_feature(statistics: tfx.dsl.Artifact) -> dict[str, statistics_pb2.FeatureNameStatistics]:
    (file,) = Path(statistics.uri).rglob(STATISTICS_FILE)
    return {each.path.step[0]: each for each in tfdv.load_stats_binary(str(file)).datasets[0].features}


def test_more_records_than_that_go_through_beam(tmp_path, monkeypatch):
    monkeypatch.setattr(in_memory, "MAX_RECORDS", 11)
    examples, schema = _pairs(tmp_path / "examples"), _schema(tmp_path / "schema", SCHEMA)
    assert statistics_in_memory(tmp_path / "examples" / "Split-validation", tfdv.load_schema_text(str(schema)))
    statistics = _run(FewRecordsStatisticsExecutor, examples, schema, tmp_path / "ours")

    assert statistics.has_custom_property(BY_BEAM)
    assert _bytes_of(statistics).keys() == {f"Split-{split}/{STATISTICS_FILE}" for split in SPLITS}


def test_large_files_and_empty_splits_are_left_to_beam(tmp_path, monkeypatch):
    schema = tfdv.load_schema_text(str(SCHEMA))
    _examples(tmp_path, {"train": [_pair(1)], "validation": []})
    train = tmp_path / "Split-train"
    size = sum(path.stat().st_size for path in train.iterdir())

    assert statistics_in_memory(tmp_path / "Split-validation", schema) is None
    assert statistics_in_memory(tmp_path / "Split-evaluation", schema) is None
    monkeypatch.setattr(in_memory, "MAX_BYTES", size)
    assert statistics_in_memory(train, schema).datasets[0].num_examples == 1
    monkeypatch.setattr(in_memory, "MAX_BYTES", size - 1)
    assert statistics_in_memory(train, schema) is None
