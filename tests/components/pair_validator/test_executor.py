"""The executor on hand-made artifacts: what it lets through, what it stops, and what it leaves to read."""

import json

import cv2
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import v1 as tfx

from components.pair_validator.artifacts import PairVerdicts
from components.pair_validator.errors import DataRefusedError
from components.pair_validator.executor import PairValidatorExecutor
from components.pair_validator.settings import PairPolicy, PairSettings
from data.records import SPLITS, PairRecord
from data.synthesis import add_rain, draw_parameters, generator
from data.synthesize import embedded_photos

SHIFTED = "train/2"
ALL = {f"{split}/{number}" for split in SPLITS for number in range(4)}


def _png(image):
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


def _records(split, photos):
    for number, photo in enumerate(photos):
        clean = cv2.imread(str(photo))[60:220, 40:260, ::-1]
        rainy = add_rain(clean, draw_parameters("medium", generator(number)), number)
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
    return artifact


@pytest.fixture
def validate(examples, tmp_path):
    """Runs the executor under a policy, with what ExampleValidator found."""

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
            {"examples": [examples], "anomalies": [anomalies]},
            {"validated_examples": [validated], "verdicts": [verdicts]},
            {"settings": PairSettings(policy=policy).model_dump_json(), "report_directory": str(tmp_path / "reports")},
        )
        return validated

    return validate


def _lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_what_passed_is_written_and_what_did_not_is_told(validate, tmp_path):
    validated = validate(PairPolicy(policy="quarantine", max_quarantined_share=0.2))
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


def test_more_than_the_policy_admits_stops_the_run_and_leaves_the_verdicts(validate, tmp_path):
    with pytest.raises(DataRefusedError, match=rf"1 of 12 pairs failed.*{SHIFTED} \(misaligned\)") as refused:
        validate(PairPolicy(policy="fail"))
    assert refused.value.verdicts.is_relative_to(tmp_path / "reports")
    assert len(_lines(refused.value.verdicts)) == len(ALL)
    assert not (tmp_path / "validated").exists()


def test_an_anomaly_that_example_validator_found_stops_the_run(validate):
    with pytest.raises(DataRefusedError, match="unexpected values: hail") as refused:
        validate(PairPolicy(policy="quarantine", max_quarantined_share=0.2), anomaly="unexpected values: hail")
    assert refused.value.anomalies == ("train, severity: unexpected values: hail",)
