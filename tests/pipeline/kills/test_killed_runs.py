"""A run that is killed again and again through `ast-restore` ends with the digits of one that was left alone."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from pipeline import exit_codes
from pipeline.config import load
from pipeline.local.first_checks import records_directory
from tests.pipeline.conftest import ROOT, TINY

pytestmark = pytest.mark.long(minutes=4)

_LONGEST_SECONDS = 1200


@pytest.fixture
def workspace(tmp_path):
    return tmp_path / "workspace"


@pytest.fixture
def settings(first_run, workspace):
    """The data of the undisturbed run, and checkpoints often enough that each kill comes after another one."""
    records = records_directory(load(TINY, (f"workspace={first_run.workspace}",)))
    sets = (f"workspace={workspace}", f"data.records={records}", "train.checkpoint.every=20")
    return ["--config", str(TINY), *(word for text in sets for word in ("--set", text))]


def _killed(moment, settings):
    """Runs in a process that kills itself at a moment; asserts that it did."""
    command = [sys.executable, "-m", "tests.pipeline.kills.killed_run", *moment.split(), "run", *settings]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=_LONGEST_SECONDS, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def _schedule(settings):
    code = "from pipeline.commands.cli import main; main()"
    command = [sys.executable, "-c", code, "schedule", "--once", "--retries", "0", *settings]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _stopped_at(checkpoint, workspace, settings):
    """Stops a schedule in the training, as systemd and Kubernetes do."""
    with _schedule(settings) as schedule:
        deadline = time.monotonic() + _LONGEST_SECONDS
        while not any((workspace / "checkpoints").glob(f"*/step-{checkpoint:09d}")):
            assert schedule.poll() is None, schedule.stderr.read().decode()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(schedule.pid, signal.SIGTERM)
        _, said = schedule.communicate(timeout=120)
    assert b"Traceback" not in said
    last = json.loads((workspace / "schedule" / "status.json").read_text())["last"]
    assert last["exit_code"] == exit_codes.INTERRUPTED


def _histories(workspace):
    files = (workspace / "pipeline" / "Trainer" / "model_run").glob("*/history.json")
    files = sorted(files, key=lambda file: int(file.parent.name))
    return [json.loads(file.read_text()) for file in files]


def _versions(workspace):
    return [json.loads(file.read_text()) for file in (workspace / "models").glob("*/version.json")]


def _records(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*tfrecord*.gz")}


def test_kills_in_a_step_a_validation_and_a_checkpoint_and_a_stopped_schedule_cost_no_digit(
    first_run, workspace, settings
):
    checkpoints = workspace / "checkpoints"
    _killed("step 30", settings)
    _killed("validation 1", settings)
    _stopped_at(60, workspace, settings)
    assert not list(checkpoints.glob("*/.partial-*"))
    _killed("checkpoint 1", settings)
    assert len(list(checkpoints.glob("*/.partial-*"))) == 1
    assert _versions(workspace) == []
    with _schedule(settings) as schedule:
        _, said = schedule.communicate(timeout=_LONGEST_SECONDS)
    assert schedule.returncode == exit_codes.PUSHED, said.decode()

    (whole,), resumed = _histories(first_run.workspace)[:1], _histories(workspace)[-1]
    first, second, third = resumed["resumed_at"]
    assert (first, second) == (20, 40)
    assert third >= 60
    assert [(row["step"], row["loss"]) for row in resumed["steps"]] == [
        (row["step"], pytest.approx(row["loss"], abs=1e-5)) for row in whole["steps"]
    ]
    for mine, theirs in zip(resumed["validation"], whole["validation"], strict=True):
        assert mine["gain_psnr"] == pytest.approx(theirs["gain_psnr"], abs=1e-4)
    (mine,), (theirs,) = _versions(workspace), _versions(first_run.snapshot)
    for name, metric in theirs["facts"]["metrics"].items():
        assert mine["facts"]["metrics"][name]["value"] == pytest.approx(metric["value"], abs=1e-3), name
    assert not list(checkpoints.iterdir())


def test_ml_metadata_removed_during_a_run_is_named_and_the_next_run_loses_nothing(workspace, settings):
    metadata = workspace / "metadata" / "metadata.sqlite"
    short = [
        "--set",
        "train.stages=[{patch: 32, batch: 2, steps: 3, learning_rate: 0.001}]",
        "--set",
        "gate.min_gain_psnr=9",
    ]
    command = [sys.executable, "-c", "from pipeline.commands.cli import main; main()", "run", *settings, *short]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        for line in run.stderr:
            if "PairMeasurer" in line:
                metadata.unlink()
                break
        screen, _ = run.communicate(timeout=_LONGEST_SECONDS)
    assert run.returncode == exit_codes.FAILED
    assert "was removed or replaced while the run was going" in " ".join(screen.split())
    before = _records(workspace / "pipeline")
    assert before
    metadata.unlink()  # what TFX made in its place knows a few of the numbers that name folders
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_LONGEST_SECONDS, check=False)
    assert done.returncode == exit_codes.MODEL_REFUSED, done.stdout + done.stderr
    (folder,) = (workspace / "unknown-artifacts").iterdir()
    assert f"moved to {folder}" in done.stderr
    assert _records(folder) == before
