"""What a run outside of the schedule has judged: its data, its code and its configuration."""

import json

import pytest

from pipeline.config import load
from pipeline.local.run_inputs import write_inputs
from pipeline.local.run_setup import write_config
from pipeline.report.facts.run_summary import RunSummary
from pipeline.schedule.judged import judged_run


@pytest.fixture
def add_run(tmp_path):
    def add(run_id, verdict, data="span 1", *settings):
        folder = tmp_path / "reports" / run_id
        write_config(_config(tmp_path, *settings), folder)
        write_inputs(data, folder)
        summary = dict.fromkeys(RunSummary.model_fields) | {
            "run_id": run_id, "verdict": verdict, "sentence": "", "pairs": 1, "quarantined": 0, "seconds": 1.0,
        }  # fmt: skip
        (folder / "run.json").write_text(json.dumps(summary))
        return folder

    return add


def _config(workspace, *settings):
    return load(None, (f"workspace={workspace}", *settings))


@pytest.mark.parametrize("verdict", ["pushed", "unchanged", "refused", "data_refused"])
def test_a_run_with_a_verdict_has_judged_its_data(add_run, tmp_path, verdict):
    assert judged_run(_config(tmp_path), "span 1") is None
    add_run("20261127-010000", verdict)
    assert judged_run(_config(tmp_path), "span 1") == "20261127-010000"
    assert judged_run(_config(tmp_path), "span 2") is None


def test_another_configuration_or_code_was_not_judged(add_run, tmp_path):
    folder = add_run("20261127-010000", "pushed")
    assert judged_run(_config(tmp_path, "train.seed=7"), "span 1") is None
    inputs = json.loads((folder / "inputs.json").read_text())
    (folder / "inputs.json").write_text(json.dumps({**inputs, "code": "of yesterday"}))
    assert judged_run(_config(tmp_path), "span 1") is None


def test_a_failed_run_judges_nothing_and_hides_no_verdict_nor_does_another_configuration(add_run, tmp_path):
    add_run("20261127-010000", "failed")
    assert judged_run(_config(tmp_path), "span 1") is None
    add_run("20261127-020000", "refused")
    add_run("20261127-030000", "failed")
    add_run("20261127-040000", "pushed", "span 9", "train.seed=7")
    assert judged_run(_config(tmp_path), "span 1") == "20261127-020000"


def test_data_that_comes_back_after_other_data_is_run_on_again(add_run, tmp_path):
    add_run("20261127-010000", "pushed", "span 1")
    add_run("20261127-020000", "pushed", "span 2")
    assert judged_run(_config(tmp_path), "span 1") is None


@pytest.mark.parametrize("file", ["run.json", "inputs.json"])
def test_a_damaged_or_older_record_means_a_run_too_many(add_run, tmp_path, file):
    folder = add_run("20261127-010000", "pushed")
    (folder / file).write_text("{")
    assert judged_run(_config(tmp_path), "span 1") is None
    (folder / file).unlink()
    assert judged_run(_config(tmp_path), "span 1") is None
