"""Ten nights of a schedule, each `ast-restore schedule --once` in a process of its own, on spans as they arrive.

New data on seven nights; one span is misaligned, one drifted, and one night's process is killed in the middle of its training.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from components.pair_validator.drift.drift_file import DRIFT_FILE
from components.production import registry
from data.spans.manifest import span_folder
from pipeline.report.runs import run_names
from tests.pipeline.conftest import BIN, TINY
from tests.pipeline.schedule.nights import arrive

pytestmark = pytest.mark.long(minutes=8)

PUSHED_OR_REFUSED = (0, 3)
SETTINGS = ("data.window=2", "pairs.policy.min_drift_pairs=30", "train.checkpoint={every: 20}")


class Nights:
    """The workspace of the schedule, and the versions that were pushed in it."""

    def __init__(self, root):
        self.root, self.workspace, self.records = root, root / "w", root / "records"
        sets = (f"workspace={self.workspace}", f"data.records={self.records}", *SETTINGS)
        self.command = [str(BIN / "ast-restore"), "schedule", "--once", "--retries", "0", "--config", str(TINY),
                        *(word for text in sets for word in ("--set", text))]  # fmt: skip
        self.pushed = []

    def run_schedule_once(self):
        """Returns the exit code, and the content of run.json; None if there was no run."""
        before = self.runs()
        done = subprocess.run(self.command, capture_output=True, text=True, timeout=900, check=False)
        new = self.runs() - before
        assert len(new) <= 1, done.stderr
        run = json.loads((self.workspace / "reports" / new.pop() / "run.json").read_text()) if new else None
        self.compare_with_production(done.returncode, run, done.stdout + done.stderr)
        return done.returncode, run

    def compare_with_production(self, code, run, output):
        """Asserts that the folder of models, the status and the exit code agree with run.json."""
        if run and run["verdict"] == "pushed":
            self.pushed.append(int(run["pushed_version"]))
        assert registry.numbers_in(self.workspace / "models") == self.pushed, output
        assert self.status()["state"] == "stopped"
        if run:
            assert code == {"pushed": 0, "refused": 3, "data_refused": 4}[run["verdict"]], output

    def kill_schedule_in_training(self):
        """Starts the schedule and kills it with its run as soon as the training has written a checkpoint."""
        with subprocess.Popen(
            self.command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as night:
            deadline = time.monotonic() + 600
            while not self.checkpoints() and night.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            assert night.poll() is None, "the schedule ended before it was killed"
            os.killpg(night.pid, signal.SIGKILL)
        assert self.checkpoints()

    def checkpoints(self):
        return list((self.workspace / "checkpoints").glob("*/*"))

    def runs(self):
        return set(run_names(self.workspace / "reports"))

    def drift(self):
        return json.loads((self.workspace / "reports" / max(self.runs()) / DRIFT_FILE).read_text())

    def status(self):
        return json.loads((self.workspace / "schedule" / "status.json").read_text())


def test_ten_nights(tmp_path):
    nights = Nights(tmp_path)

    arrive(tmp_path, 1)
    code, run = nights.run_schedule_once()
    assert (code, run["verdict"]) == (0, "pushed")

    arrive(tmp_path, 2)
    code, run = nights.run_schedule_once()
    assert code in PUSHED_OR_REFUSED

    code, run = nights.run_schedule_once()  # the third: no new data
    assert (code, run, nights.status()["skipped"]) == (0, None, 1)

    arrive(tmp_path, 4, "misaligned")
    code, run = nights.run_schedule_once()
    assert (code, run["verdict"]) == (4, "data_refused")
    assert "misaligned" in run["sentence"]

    arrive_again(nights, 4)
    code, run = nights.run_schedule_once()  # the fifth: the pictures of the fourth night without their fault
    assert code in PUSHED_OR_REFUSED

    arrive(tmp_path, 6)
    code, run = nights.run_schedule_once()
    assert code in PUSHED_OR_REFUSED

    arrive(tmp_path, 7, "drifted")
    code, run = nights.run_schedule_once()
    assert (code, run["verdict"]) == (4, "data_refused")
    assert any(feature["distance"] > feature["threshold"] for feature in nights.drift())

    arrive_again(nights, 7)
    nights.kill_schedule_in_training()  # the eighth
    assert nights.status()["state"] == "running"
    assert registry.numbers_in(nights.workspace / "models") == nights.pushed

    code, run = nights.run_schedule_once()  # the ninth: no new data, but those of the night before have no verdict yet
    assert code in PUSHED_OR_REFUSED
    assert not nights.checkpoints(), "a finished training leaves no checkpoint"

    code, run = nights.run_schedule_once()  # the tenth: no new data
    assert (code, run, nights.status()["skipped"]) == (0, None, 1)

    assert_one_history(nights)


def arrive_again(nights, night):
    """Replaces the newest span by the same pictures without their fault."""
    newest = max(int(folder.name.removeprefix("span-")) for folder in nights.records.glob("span-*"))
    shutil.rmtree(span_folder(nights.records, newest))
    arrive(nights.root, night, span=newest)


def assert_one_history(nights):
    """Asserts that every pushed version exists, once, and is the same in the folder and in ML Metadata."""
    models = nights.workspace / "models"
    versions = registry.versions(models)
    assert [version.number for version in versions] == nights.pushed
    assert len({version.digest for version in versions}) == len(versions), "pushed twice"
    for version in versions:
        assert registry.model_digest(models / str(version.number)) == version.digest
        assert (nights.workspace / "reports" / version.run_id / "index.html").is_file()
    assert not [path for path in models.iterdir() if path.name.startswith(".partial")]
    listing = subprocess.run([str(BIN / "ast-restore"), "models", "list", "--json", "--models", str(models), "--metadata",
                             str(nights.workspace / "metadata" / "metadata.sqlite")],
                            capture_output=True, text=True, check=True)  # fmt: skip
    known = {entry["number"]: entry["known_from"] for entry in json.loads(listing.stdout)}
    assert known == {number: ["folder", "metadata"] for number in nights.pushed}
