"""A run in a child process."""

from __future__ import annotations

import signal
import threading
import time

from pipeline.schedule.child import run_child
from tests.pipeline.conftest import TINY


def test_a_child_ends_with_its_code(tmp_path):
    assert run_child(["run", "--config", str(tmp_path / "absent.yaml")], threading.Event(), 5) == 2


def test_a_child_that_is_stopped_ends(tmp_path):
    stop = threading.Event()
    threading.Timer(1.0, stop.set).start()
    started = time.monotonic()
    code = run_child(["run", "--config", str(TINY), "--set", f"workspace={tmp_path}"], stop, 20)
    assert code == -signal.SIGTERM
    assert time.monotonic() - started < 15
