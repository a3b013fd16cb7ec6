"""`ast-restore schedule`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
import tensorflow_data_validation as tfdv

from components.pair_validator.drift.comparison import STATISTICS_FILE
from components.span_window.window import choose_window
from data.errors import InputError
from pipeline.commands.cli import cli
from pipeline.config import load
from pipeline.local.run_inputs import write_inputs
from pipeline.local.run_setup import write_config
from pipeline.report.facts.run_summary import RunSummary
from tests.pipeline.conftest import TINY


def call(*arguments):
    return cli.main(["schedule", "--config", str(TINY), *map(str, arguments)], standalone_mode=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give one of --cron, --watch and --once"),
        (("--watch", "--once"), "give one of"),
        (("--once",), "data.records must name"),
        (("--watch", "--on-drift", "log"), "--watch runs as soon as there is new data already"),
        (("--cron", "0 3 * * *", "--once", "--on-drift", "log"), "give one of"),
        (("--on-drift", "/nowhere", "--set", "data.records=/records"), "--on-drift /nowhere: no such folder"),
        (("--cron", "0 3 *", "--set", "data.records=/nowhere"), "expected five fields"),
    ],
)
def test_options_that_do_not_fit_are_an_error(arguments, message):
    with pytest.raises(InputError, match=message):
        call(*arguments)


def test_missing_data_is_not_an_error(tmp_path):
    sets = ("--set", f"workspace={tmp_path}", "--set", f"data.records={tmp_path / 'records'}")
    assert call("--once", *sets) == 0
    assert json.loads((tmp_path / "schedule" / "status.json").read_text())["skipped"] == 1


@pytest.fixture
def judged_records(tmp_path):
    """Records that a run has judged. Returns the options that name them and the workspace, and the folder of the run."""
    records = tmp_path / "records"
    for split in ("train", "validation", "evaluation"):
        file = records / "span-1" / f"{split}-00000-of-00001.tfrecord"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    settings = (f"workspace={tmp_path / 'w'}", f"data.records={records}")
    folder = tmp_path / "w" / "reports" / "20261127-010000"
    write_config(load(TINY, settings), folder)
    write_inputs(choose_window(records, 1, "rolling").fingerprint(), folder)
    summary = dict.fromkeys(RunSummary.model_fields) | {
        "run_id": folder.name, "verdict": "refused", "sentence": "", "pairs": 1, "quarantined": 0, "seconds": 1.0,
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(summary))
    return [word for text in settings for word in ("--set", text)], folder


def test_data_that_a_run_has_judged_is_not_run_on_again(judged_records, tmp_path):
    sets, folder = judged_records
    assert call("--once", *sets) == 0
    status = json.loads((tmp_path / "w" / "schedule" / "status.json").read_text())
    assert (status["skipped"], status["last"]) == (1, None)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.slow
def test_drift_of_requests_on_records_that_a_run_has_judged_starts_nothing(judged_records, tmp_path, caplog):
    """A real log against real statistics, compared by the real command in a child process."""
    sets, folder = judged_records
    log, records = tmp_path / "log", tmp_path / "records"
    log.mkdir()
    on_drift = ("--once", "--on-drift", log, "--drift-images", 60, *sets)
    status = tmp_path / "w" / "schedule" / "status.json"
    with caplog.at_level("INFO", "schedule"):
        write_statistics(load(TINY, sets[1::2]).accepted_statistics(records) / "span-3", 110)
        write_log(log, 59, 30)
        assert call(*on_drift) == 0
        assert "drift of the requests is not judged" in caplog.text
        assert "59 images since" in json.loads(status.read_text())["drift"]["finding"]
        write_log(log, 60, 30)
        assert call(*on_drift) == 0
    assert "no run before new records: run 20261127-010000 judged these" in caplog.text
    drift = json.loads(status.read_text())["drift"]
    assert drift["decision"] == "no new records"
    assert "in 60 requests, against span 3" in drift["finding"]
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def write_log(folder, images, brightness):
    """Writes what a server logs of so many images now, and of as many bright ones two days ago, which do not count."""
    draw, now = np.random.default_rng(images), datetime.now(timezone.utc)
    rows = [(now - timedelta(days=2), 250.0)] * images
    rows += [(now, value) for value in draw.normal(brightness, 10, images)]
    lines = [
        json.dumps({"time": time.isoformat(timespec="seconds"), "version": 1, **measured(value)})
        for time, value in rows
    ]
    (folder / "measurements.jsonl").write_text("\n".join(lines) + "\n")


def write_statistics(span, brightness):
    values = np.random.default_rng(0).normal(brightness, 10, 80)
    file = span / "Split-train" / STATISTICS_FILE
    file.parent.mkdir(parents=True)
    frame = pd.DataFrame([measured(value) for value in values])
    file.write_bytes(tfdv.generate_statistics_from_dataframe(frame).SerializeToString())


def measured(brightness):
    return {"input_height": 96, "input_width": 128, "input_channels": 3, "input_format": "PNG",
            "input_mean": float(brightness), "input_range": 255}  # fmt: skip


def test_sigterm_stops_a_schedule_that_waits(tmp_path):
    code = "from pipeline.commands.cli import main; main()"
    sets = ["--set", f"workspace={tmp_path}", "--set", f"data.records={tmp_path / 'records'}"]
    command = [sys.executable, "-c", code, "schedule", "--cron", "0 3 1 1 *", "--config", str(TINY), *sets]
    with subprocess.Popen(command) as served:
        status = tmp_path / "schedule" / "status.json"
        deadline = time.monotonic() + 60
        while not status.is_file() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert json.loads(status.read_text())["state"] == "waiting"
        os.kill(served.pid, signal.SIGTERM)
        assert served.wait(20) == 0
    assert json.loads(status.read_text())["state"] == "stopped"
