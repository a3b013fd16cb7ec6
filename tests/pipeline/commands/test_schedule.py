"""`ast-restore schedule`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from data.errors import InputError
from pipeline.commands.cli import cli
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
