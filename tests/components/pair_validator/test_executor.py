"""Measuring and judging on hand-made artifacts: what passes, what is stopped, and what is left to read."""

import dataclasses
import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import v1 as tfx

from components.data_gate.executor import DataGateExecutor
from components.pair_validator.artifacts import PairVerdicts
from components.pair_validator.beam_fns import measure_record
from components.pair_validator.drift.comparison import STATISTICS_FILE, compare
from components.pair_validator.drift.drift_file import DRIFT_FILE, read_drift
from components.pair_validator.executor import PairValidatorExecutor
from components.pair_validator.judging.errors import DataRefusedError
from components.pair_validator.measurement_examples import RECORD_FIELDS, from_example
from components.pair_validator.measurer import PairMeasurerExecutor
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.settings import PairLimits, PairPolicy, PairSettings
from components.span_window.properties import TRAIN_IDS_PREFIX, WINDOW_PROPERTY
from data.features import SPLITS
from data.records import PairRecord
from data.synthesis.rain import add_rain, draw_rain
from data.synthesis.random_streams import generator
from data.synthesis.synthesize import embedded_photos
from pipeline.schemas import MEASUREMENT_SCHEMA
from tests.components.pair_validator.windows import window_json

SHIFTED = "train/2"
FEATURES = {*RECORD_FIELDS, *(field.name for field in dataclasses.fields(PairMeasurement))}
ALL = {f"{split}/{number}" for split in SPLITS for number in range(4)}


def _png(image):
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


def _records(split, photos):
    for number, photo in enumerate(photos):
        clean = cv2.imread(str(photo))[60:220, 40:260, ::-1]
        rainy = add_rain(clean, draw_rain("medium", generator(number)), number)
        pair_id = f"{split}/{number}"
        if pair_id == SHIFTED:
            clean, rainy = clean[:-4, :-4], rainy[4:, 4:]
        size = clean.shape[:2]
        yield PairRecord(pair_id, photo.stem, "rain", "medium", "made", f"in/{number}", f"gt/{number}",
                         _png(rainy), _png(clean), size, size)  # fmt: skip


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """Twelve pairs of as many scenes in three splits; one of them was shifted by four pixels."""
    folder = tmp_path_factory.mktemp("examples")
    photos = sorted(embedded_photos().glob("*.jpg"))
    for index, split in enumerate(SPLITS):
        (folder / f"Split-{split}").mkdir()
        file = folder / f"Split-{split}" / "data_tfrecord-00000-of-00001.gz"
        with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
            for record in _records(split, photos[4 * index : 4 * index + 4]):
                writer.write(record.to_example().SerializeToString())
    artifact = tfx.types.standard_artifacts.Examples()
    artifact.uri, artifact.split_names = str(folder), json.dumps(list(SPLITS))
    artifact.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    artifact.set_string_custom_property("span", "2")
    return artifact


@pytest.fixture(scope="module")
def measurements(examples, tmp_path_factory):
    """What the PairMeasurer writes of them."""
    artifact = tfx.types.standard_artifacts.Examples()
    artifact.uri = str(tmp_path_factory.mktemp("measurements"))
    limits = PairLimits().model_dump_json()
    PairMeasurerExecutor().Do({"examples": [examples]}, {"measurements": [artifact]}, {"limits": limits})
    return artifact


@pytest.fixture(scope="module")
def statistics(measurements, tmp_path_factory):
    """TFDV's statistics of the train split's measurements, laid out as StatisticsGen does."""
    artifact = tfx.types.standard_artifacts.ExampleStatistics()
    artifact.uri = str(tmp_path_factory.mktemp("statistics"))
    file = tmp_path_factory.mktemp("scratch") / "stats.tfrecord"
    found = tfdv.generate_statistics_from_tfrecord(f"{measurements.uri}/Split-train/*", str(file))
    _write_statistics(found, artifact.uri)
    return artifact


def _write_statistics(found, uri):
    folder = Path(uri) / "Split-train"
    folder.mkdir(parents=True)
    (folder / STATISTICS_FILE).write_bytes(found.SerializeToString())


@pytest.fixture
def validate(examples, measurements, statistics, tmp_path):
    """Runs the executor under a policy, with what ExampleValidator found."""
    schema = tfx.types.standard_artifacts.Schema()
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "schema.pbtxt").write_text(MEASUREMENT_SCHEMA.read_text())
    schema.uri = str(tmp_path / "schema")

    def validate(policy, anomaly=None):
        found = anomalies_pb2.Anomalies()
        if anomaly:
            found.anomaly_info["severity"].description = anomaly
        anomalies = tfx.types.standard_artifacts.ExampleAnomalies()
        anomalies.uri = str(tmp_path / "anomalies")
        (tmp_path / "anomalies" / "Split-train").mkdir(parents=True, exist_ok=True)
        (tmp_path / "anomalies" / "Split-train" / "SchemaDiff.pb").write_bytes(found.SerializeToString())
        validated, verdicts = tfx.types.standard_artifacts.Examples(), PairVerdicts()
        validated.uri, verdicts.uri = str(tmp_path / "validated"), str(tmp_path / "verdicts")
        PairValidatorExecutor().Do(
            {
                "examples": [examples],
                "anomalies": [anomalies],
                "measurements": [measurements],
                "measurement_schema": [schema],
                "measurement_statistics": [statistics],
                "measurement_anomalies": [anomalies],
            },
            {"validated_examples": [validated], "verdicts": [verdicts]},
            {
                "settings": PairSettings(policy=policy).model_dump_json(),
                "statistics_directory": str(tmp_path / "accepted"),
                "compared_with": "",
            },
        )
        error = DataRefusedError.load(tmp_path / "verdicts")
        assert (error.reason if error else "") == verdicts.get_string_custom_property("refused")
        return error or validated

    return validate


def _lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_pairs_that_pass_are_written_and_the_others_are_reported(validate, tmp_path):
    validated = validate(PairPolicy(on_bad_pair="quarantine", max_quarantined_share=0.2))
    assert json.loads(validated.split_names) == list(SPLITS)
    assert validated.get_string_custom_property("payload_format") == "FORMAT_TF_EXAMPLE"
    written = [
        PairRecord.from_example(record.numpy()).pair_id
        for file in sorted((tmp_path / "validated").glob("Split-*/*.gz"))
        for record in tf.data.TFRecordDataset(str(file), "GZIP")
    ]
    assert sorted(written) == sorted(ALL - {SHIFTED})
    lines = {line["pair_id"]: line for line in _lines(tmp_path / "verdicts" / "verdicts.jsonl")}
    assert set(lines) == ALL
    assert {name for name, line in lines.items() if line["verdict"] != "ok"} == {SHIFTED}
    (reason,) = lines[SHIFTED]["reasons"]
    assert reason["code"] == "misaligned"
    assert reason["measured"] == pytest.approx(np.hypot(4, 4), abs=0.5)


def test_more_than_the_policy_admits_refuses_the_data_and_leaves_the_verdicts(validate, tmp_path):
    refused = validate(PairPolicy(on_bad_pair="fail"))
    assert re.search(rf"1 of 12 pairs failed.*{SHIFTED} \(misaligned\)", str(refused))
    assert len(_lines(refused.verdicts)) == len(ALL)
    (advice,) = refused.advice
    assert (advice.code, advice.examples, advice.passing) == ("misaligned", (SHIFTED,), 1)
    assert f"if these pairs are right: {advice.options()} (they pass)" in str(refused)
    assert not list((tmp_path / "validated").glob("**/*.gz"))
    assert not (tmp_path / "accepted").exists()


def test_an_anomaly_that_example_validator_found_refuses_the_data(validate):
    policy = PairPolicy(on_bad_pair="quarantine", max_quarantined_share=0.2)
    refused = validate(policy, anomaly="unexpected values: hail")
    assert "unexpected values: hail" in str(refused)
    assert refused.anomalies == (
        "train, severity: unexpected values: hail",
        "train, measured severity: unexpected values: hail",
    )


def test_the_data_gate_ends_the_run_where_the_data_was_refused(validate, tmp_path):
    verdicts = PairVerdicts()
    verdicts.uri = str(tmp_path / "verdicts")
    validate(PairPolicy(on_bad_pair="quarantine", max_quarantined_share=0.2))
    DataGateExecutor().Do({"verdicts": [verdicts]}, {}, {})
    refused = validate(PairPolicy(on_bad_pair="fail"))
    with pytest.raises(DataRefusedError) as caught:
        DataGateExecutor().Do({"verdicts": [verdicts]}, {}, {})
    assert vars(caught.value) == vars(refused)
    assert str(caught.value) == str(refused)


def test_measurements_are_read_back_to_the_last_digit(examples, measurements):
    assert json.loads(measurements.split_names) == list(SPLITS)
    (file,) = Path(measurements.uri, "Split-train").glob("*.gz")
    read = {}
    for serialized in tf.data.TFRecordDataset(str(file), "GZIP").as_numpy_iterator():
        record = from_example(serialized)
        read[record.measurement.pair_id] = record
        assert set(tf.train.Example.FromString(serialized).features.feature) <= FEATURES
    for serialized in tf.data.TFRecordDataset(f"{examples.uri}/Split-train/data_tfrecord-00000-of-00001.gz", "GZIP"):
        measured = measure_record(serialized.numpy(), "train", PairLimits())
        assert read[measured.measurement.pair_id] == measured


def test_the_curated_schema_knows_every_measurement_and_no_other(statistics):
    schema = tfdv.load_schema_text(str(MEASUREMENT_SCHEMA))
    assert {feature.name for feature in schema.feature} == FEATURES
    found = tfdv.load_stats_binary(f"{statistics.uri}/Split-train/{STATISTICS_FILE}")
    assert not tfdv.validate_statistics(found, schema).anomaly_info


LENIENT = PairPolicy(on_bad_pair="quarantine", max_quarantined_share=0.2, min_drift_pairs=4)


def test_accepted_statistics_are_kept_and_a_span_unlike_the_one_before_is_refused(validate, statistics, tmp_path):
    validate(LENIENT)
    assert (tmp_path / "accepted" / "span-2" / "Split-train" / STATISTICS_FILE).is_file()
    _keep_as_span_1(statistics, tmp_path, times=3.0)
    refused = validate(LENIENT)
    assert re.search("train, measured input_psnr, against span-1: .*Jensen-Shannon", str(refused))
    farthest, *others = read_drift(refused.verdicts.with_name(DRIFT_FILE))
    assert (farthest.name, farthest.against, farthest.drifted) == ("input_psnr", "span 1", True)
    assert farthest.value > farthest.threshold == pytest.approx(0.3)
    assert len(others) >= 5
    assert not any(feature.drifted for feature in others)
    shutil.rmtree(refused.verdicts.parent)
    for admitted in ({"drift": "report"}, {"min_drift_pairs": 5}):
        assert not isinstance(validate(LENIENT.model_copy(update=admitted)), DataRefusedError)


def test_statistics_of_an_earlier_version_are_compared_under_the_present_names(statistics, tmp_path):
    _keep_as_span_1(statistics, tmp_path, times=3.0)
    file = tmp_path / "accepted" / "span-1" / "Split-train" / STATISTICS_FILE
    accepted = tfdv.load_stats_binary(str(file))
    for feature in accepted.datasets[0].features:
        if feature.path.step[0] in ("input_psnr", "input_ssim"):
            feature.path.step[0] = feature.path.step[0].replace("input", "identity")
    file.write_bytes(accepted.SerializeToString())
    farthest, *others = compare(Path(statistics.uri), file.parents[1], MEASUREMENT_SCHEMA, "train", min_pairs=4).drifts
    assert (farthest.name, farthest.drifted) == ("input_psnr", True)
    assert "input_ssim" in {drift.name for drift in others}


def test_a_span_like_the_one_before_passes(validate, statistics, tmp_path):
    _keep_as_span_1(statistics, tmp_path, times=1.0)
    validated = validate(LENIENT)
    assert list(Path(validated.uri).glob("Split-train/*.gz"))
    drifts = read_drift(tmp_path / "verdicts" / DRIFT_FILE)
    assert len(drifts) >= 5
    assert {drift.against for drift in drifts} == {"span 1"}
    assert not any(drift.drifted for drift in drifts)
    assert (tmp_path / "accepted" / "span-2").is_dir()


def test_in_a_window_of_spans_only_new_pairs_are_compared_with_the_span_before(
    validate, statistics, examples, tmp_path
):
    """Of four train pairs two are new: too few to be judged where four are asked for, but not where two are."""
    ids_file = Path(examples.uri, f"{TRAIN_IDS_PREFIX}-00000-of-00001")
    ids_file.write_text("".join(f'[{1 + number // 2}, "train/{number}"]\n' for number in range(4)))
    examples.set_string_custom_property(WINDOW_PROPERTY, window_json(1, 2))
    try:
        _keep_as_span_1(statistics, tmp_path, times=3.0)
        validate(LENIENT)
        refused = validate(LENIENT.model_copy(update={"min_drift_pairs": 2}))
        assert isinstance(refused, DataRefusedError)
        assert "measured input_psnr, against span-1" in str(refused)
    finally:
        ids_file.unlink()


def _keep_as_span_1(statistics, tmp_path, times):
    """Writes the statistics as those of an earlier span, in which PSNR was another."""
    found = tfdv.load_stats_binary(f"{statistics.uri}/Split-train/{STATISTICS_FILE}")
    (feature,) = [feature for feature in found.datasets[0].features if feature.path.step == ["input_psnr"]]
    for histogram in feature.num_stats.histograms:
        for bucket in histogram.buckets:
            bucket.low_value, bucket.high_value = bucket.low_value * times, bucket.high_value * times
    feature.num_stats.min, feature.num_stats.max = feature.num_stats.min * times, feature.num_stats.max * times
    _write_statistics(found, tmp_path / "accepted" / "span-1")
