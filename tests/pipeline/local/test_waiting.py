"""Lines that show that nothing hangs."""

import io
import re
import threading
import time

from rich.console import Console

from pipeline.local.waiting import waiting_lines


def test_a_line_is_printed_at_each_interval_and_none_after_the_end():
    stream = io.StringIO()
    with waiting_lines(Console(file=stream, width=80), "Evaluator", interval=0.02):
        deadline = time.monotonic() + 20
        while stream.getvalue().count("\n") < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    text = stream.getvalue()
    assert re.fullmatch(r"( {8}Evaluator: \d+ s so far\n){3,}", text)
    assert "waiting-lines" not in {thread.name for thread in threading.enumerate()}


def test_what_ends_before_the_interval_prints_nothing():
    stream = io.StringIO()
    with waiting_lines(Console(file=stream), "Gate"):
        pass
    assert stream.getvalue() == ""
