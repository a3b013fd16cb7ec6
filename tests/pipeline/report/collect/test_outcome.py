"""The facts of runs that ended early: from the error and the executions that were reached."""

import json
from dataclasses import replace

import pytest

from components.gate.threshold_result import CHANGE_PSNR
from components.pair_validator.drift.drift_file import DRIFT_FILE, Drift, DriftComparison, write_drift
from components.pair_validator.judging.errors import DataRefusedError
from components.pair_validator.judging.refusal import Refusal
from components.pair_validator.judging.verdicts import VERDICTS_FILE, write_verdicts
from components.pusher.properties import REASON_PROPERTY
from pipeline.config import Config
from pipeline.report.collect.gate_facts import GateResults
from pipeline.report.collect.mlmd import Execution, Output, completed
from pipeline.report.collect.outcome import FinishedRun, _why_refused, facts_of, tensorboard_command_of
from pipeline.run_folder import LOG_NAME
from tests.pipeline.report import samples
from tests.pipeline.report.pair_verdicts import verdicts


@pytest.fixture
def run(tmp_path):
    """A run that failed before its first component."""
    return FinishedRun("20261122-201407", tmp_path / "run", 1.0, 2.345, OSError("no space left"), ("Pusher",), {})


def test_a_run_that_failed_at_once_has_the_error_and_the_log(run, tmp_path):
    run.folder.mkdir()
    (run.folder / LOG_NAME).write_text("line 1\nline 2\n")
    facts = facts_of(Config(workspace=tmp_path), run)
    assert (facts.verdict, facts.error, facts.seconds) == ("failed", "OSError: no space left", 2.3)
    assert facts.sentence == "The run failed before a model was judged."
    assert facts.log.lines == ("line 1", "line 2")
    assert [(timing.name, timing.state) for timing in facts.components] == [("Pusher", "not reached")]
    assert (facts.pairs, facts.model_dir, facts.production_before) == (0, None, "doing nothing")


def test_refused_data_has_its_verdicts_and_its_drift(run, tmp_path):
    file = tmp_path / VERDICTS_FILE
    write_verdicts(verdicts(), file)
    write_drift(
        DriftComparison((Drift(name="contrast", value=0.4, threshold=0.3, against="span 1"),)), tmp_path / DRIFT_FILE
    )
    error = DataRefusedError(Refusal("7 of 8 pairs failed", "moved-1 (misaligned)"), file, ("severity: hail",))
    facts = facts_of(Config(workspace=tmp_path), replace(run, error=error))
    assert facts.verdict == "data_refused"
    assert facts.sentence.startswith("The data was refused and nothing was trained: 7 of 8 pairs failed")
    assert (facts.pairs, facts.quarantined, facts.anomalies) == (8, 7, ("severity: hail",))
    assert [pair.reasons[0].code for pair in facts.quarantine] == ["misaligned"] * 6 + ["swapped"]
    assert [drift.drifted for drift in facts.drift] == [True]
    assert json.loads(facts.model_dump_json())["quarantine"][0]["reasons"][0]["unit"] == "px"


def test_a_refusal_names_the_missed_thresholds_else_the_rollback():
    missed = samples.threshold(name=CHANGE_PSNR, verdict="not met", value=-0.4)
    few = samples.threshold(verdict="too few images")
    assert _why_refused(GateResults(), (missed, few), {}) == "it misses PSNR against production (overall)"
    pushed_model = Output("", {REASON_PROPERTY: "it was rolled back"})
    pusher = {"Pusher": Execution("Pusher", "ran", 1.0, {"pushed_model": pushed_model})}
    assert _why_refused(GateResults(), (few,), pusher).startswith("it was rolled back, and only `ast-restore")


def test_a_failed_execution_is_not_completed():
    executions = {"Gate": Execution("Gate", "failed", 1.0), "Trainer": Execution("Trainer", "cached", 1.0)}
    assert completed(executions, "Gate") is None
    assert completed(executions, "Pusher") is None
    assert completed(executions, "Trainer") is executions["Trainer"]


def test_the_curves_of_a_training_are_shown_by_a_command_where_it_logged_them(tmp_path):
    executions = {"Trainer": Execution("Trainer", "cached", 1.0, {"model_run": Output(tmp_path, {})})}
    assert tensorboard_command_of({}) is None
    assert tensorboard_command_of(executions) is None  # train.tensorboard.enabled was false
    (tmp_path / "tensorboard").mkdir()
    assert tensorboard_command_of(executions) == f"tensorboard --logdir {tmp_path / 'tensorboard'}"
    executions["Trainer"] = Execution("Trainer", "failed", 1.0)
    assert tensorboard_command_of(executions) is None
