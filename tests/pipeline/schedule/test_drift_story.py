"""Drift of a server's requests, from the requests to the verdict: a real server, real schedules in processes, a real run."""

from __future__ import annotations

import json
import shutil
import subprocess
import time

import numpy as np
import pytest

from components.span_window.window import choose_window
from pipeline.config import load
from pipeline.schedule.status import Status, write_status
from tests.model_code import drawn_pairs
from tests.pipeline.commands.test_schedule import write_statistics
from tests.pipeline.conftest import BIN, TINY
from tests.pipeline.schedule.nights import arrive
from tests.pipeline.serving import servers

pytestmark = pytest.mark.long(minutes=3)

IMAGES = 60


class Story:
    """A workspace with a production model, its records, and a log of requests."""

    def __init__(self, root, models):
        self.root, self.workspace, self.log = root, root / "w", root / "log"
        self.told = root / "told.json"
        sets = (f"workspace={self.workspace}", f"data.records={root / 'records'}", "pairs.policy.drift=report",
                f"notify.command=[tee, {self.told}]")  # fmt: skip
        self.config = load(TINY, sets)
        self.sets = [word for text in sets for word in ("--set", text)]
        shutil.copytree(models, self.workspace / "models")

    def judge_records(self):
        """Makes the records those of the schedule's last verdict, and bright ones."""
        records = self.config.data.records
        write_statistics(self.config.accepted_statistics(records) / "span-1", 110)
        write_status(self.workspace, Status(data=choose_window(records, 1, "rolling").fingerprint()))

    def on_drift(self):
        command = [BIN / "ast-restore", "schedule", "--once", "--retries", "0", "--config", TINY, *self.sets,
                   "--on-drift", self.log, "--drift-images", IMAGES]  # fmt: skip
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=1800, check=False)

    def status(self):
        return json.loads((self.workspace / "schedule" / "status.json").read_text())

    def runs(self):
        return sorted(self.workspace.glob("reports/*/run.json"))

    def send(self, brightness):
        """Sends images of a brightness to a server of the pushed model, which logs them."""
        with servers.serving(models=self.workspace / "models", log_measurements=self.log) as client:
            deadline = time.monotonic() + 120
            while client.get("/healthz").status_code != 200:  # the model is loaded in a thread
                assert time.monotonic() < deadline
                time.sleep(0.1)
            for seed in range(IMAGES):
                noise = np.random.default_rng(seed).normal(brightness, 8, (32, 32, 3))
                image = np.clip(noise, 0, 255).astype(np.uint8)
                assert client.post("/restore", content=drawn_pairs.encoded(image, "PNG")).status_code == 200


def test_drift_waits_for_new_records_starts_a_run_and_then_cools_down(first_run, tmp_path):
    """The model in production is that of the first run; the statistics of its training data are bright ones of this test."""
    story = Story(tmp_path, first_run.snapshot / "models")
    arrive(tmp_path, 1)
    story.judge_records()

    story.send(8)
    nothing_new = story.on_drift()
    assert nothing_new.returncode == 0
    assert nothing_new.stderr.count("\n") == 1
    assert "no run before new records: the last run of the schedule judged these" in nothing_new.stderr
    assert story.runs() == []

    arrive(tmp_path, 2)
    started = story.on_drift()
    assert len(story.runs()) == 1, started.stderr
    run = json.loads(story.runs()[0].read_text())
    assert started.returncode == {"pushed": 0, "refused": 3}[run["verdict"]], started.stderr
    assert run["reason"].startswith("drift of the requests: input_mean ")
    assert f"in {IMAGES} requests, against span 1" in run["reason"]
    assert f"run: {run['reason']}" in started.stderr
    assert f"Reason  {run['reason'][:20]}" in started.stdout
    assert story.status()["last"]["reason"] == run["reason"]
    assert json.loads(story.told.read_text())["reason"] == run["reason"]
    folder = story.runs()[0].parent
    for file in ("facts.json", "index.html"):
        assert run["reason"] in (folder / file).read_text()

    arrive(tmp_path, 3)
    story.send(250)  # neither the old records' brightness nor the new ones'
    cooling = story.on_drift()
    assert cooling.returncode == 0
    assert "in the cool-down after the last run" in cooling.stderr
    assert (len(story.runs()), story.status()["drift"]["decision"]) == (1, "cool-down")
