"""Executions that a killed run left RUNNING."""

import time

from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.metadata_store.unfinished import LAST_SEEN, REASON, close_unfinished
from pipeline.report.collect.mlmd import read_run
from tests.pipeline.metadata_store.executions import new_metadata, store_of

_STATE = mlmd.Execution


def test_the_next_run_closes_what_a_killed_one_left_and_nothing_else(tmp_path):
    before = (_STATE.COMPLETE, _STATE.RUNNING, _STATE.CACHED, _STATE.FAILED, _STATE.NEW)
    file = new_metadata(tmp_path / "metadata.sqlite", *before)
    assert close_unfinished(file, "20260102-030405") == 2
    after = sorted(store_of(file).get_executions(), key=lambda execution: execution.id)
    assert [each.last_known_state for each in after] == [
        *(_STATE.COMPLETE, _STATE.FAILED, _STATE.CACHED, _STATE.FAILED, _STATE.FAILED)
    ]
    assert [REASON in each.custom_properties for each in after] == [False, True, False, False, True]
    assert after[1].custom_properties[REASON].string_value.endswith("closed by the run 20260102-030405")
    assert close_unfinished(file, "20260102-030406") == 0


def test_the_time_until_the_next_run_does_not_count_as_the_components(tmp_path):
    file = new_metadata(tmp_path / "metadata.sqlite", _STATE.RUNNING)
    seconds = read_run(file, "pipeline", "killed")["Trainer"].seconds
    time.sleep(0.05)
    close_unfinished(file, "next")
    (closed,) = store_of(file).get_executions()
    assert closed.last_update_time_since_epoch > closed.custom_properties[LAST_SEEN].int_value
    trainer = read_run(file, "pipeline", "killed")["Trainer"]
    assert (trainer.seconds, trainer.state) == (seconds, "failed")


def test_a_missing_and_an_empty_file_have_nothing_to_close(tmp_path):
    file = tmp_path / "metadata.sqlite"
    assert close_unfinished(file, "next") == 0
    file.touch()
    assert close_unfinished(file, "next") == 0
