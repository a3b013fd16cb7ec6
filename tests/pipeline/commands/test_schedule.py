"""The command, and the process that it runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from data.errors import InputError
from pipeline.commands.cli import cli
from pipeline.schedule.child import run_child
from tests.pipeline.conftest import TINY


def call(*arguments):
    return cli.main(["schedule", "--config", str(TINY), *map(str, arguments)], standalone_mode=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give one of --cron, --watch and --once"),
        (("--watch", "--once"), "give one of"),
        (("--once",), "data.records must name"),
        (("--cron", "0 3 *", "--set", "data.records=/nowhere"), "expected five fields"),
    ],
)
def test_what_does_not_fit_is_said(arguments, said):
    with pytest.raises(InputError, match=said):
        call(*arguments)


def test_no_data_yet_is_no_error(tmp_path):
    sets = ("--set", f"workspace={tmp_path}", "--set", f"data.records={tmp_path / 'records'}")
    assert call("--once", *sets) == 0
    assert json.loads((tmp_path / "schedule" / "status.json").read_text())["skipped"] == 1


def test_a_child_ends_with_its_code(tmp_path):
    assert run_child(["run", "--config", str(tmp_path / "absent.yaml")], threading.Event(), 5) == 2


def test_a_child_that_is_stopped_ends(tmp_path):
    stop = threading.Event()
    threading.Timer(1.0, stop.set).start()
    started = time.monotonic()
    code = run_child(["run", "--config", str(TINY), "--set", f"workspace={tmp_path}"], stop, 20)
    assert code == -signal.SIGTERM
    assert time.monotonic() - started < 15


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
