"""`ast-restore schedule`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

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


def test_data_that_a_run_has_judged_is_not_run_on_again(tmp_path):
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
    assert call("--once", *(word for text in settings for word in ("--set", text))) == 0
    status = json.loads((tmp_path / "w" / "schedule" / "status.json").read_text())
    assert (status["skipped"], status["last"]) == (1, None)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


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
