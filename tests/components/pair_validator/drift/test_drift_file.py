"""`drift.json`: its keys, and what is read back from it."""

import json

from components.pair_validator.drift.drift_file import DRIFT_FILE, Drift, DriftComparison, read_drift, write_drift

FAR = Drift(name="input_psnr", value=0.4, threshold=0.3, against="span 1")


def test_distances_are_read_back_as_they_were_written(tmp_path):
    write_drift(DriftComparison((FAR, FAR.model_copy(update={"value": 0.1}))), tmp_path / DRIFT_FILE)
    assert [drift.drifted for drift in read_drift(tmp_path / DRIFT_FILE)] == [True, False]
    assert read_drift(tmp_path / DRIFT_FILE)[0] == FAR


def test_the_keys_are_those_of_earlier_versions(tmp_path):
    write_drift(DriftComparison((FAR,)), tmp_path / DRIFT_FILE)
    (entry,) = json.loads((tmp_path / DRIFT_FILE).read_text())
    assert entry == {"feature": "input_psnr", "distance": 0.4, "threshold": 0.3, "against": "span 1"}


def test_data_that_was_never_compared_has_no_distances(tmp_path):
    assert read_drift(tmp_path / DRIFT_FILE) == ()


def test_without_a_bound_nothing_drifts():
    assert not Drift(name="input_height", value=1.0).drifted
