"""Says every ten seconds that something is still going on, for what has no progress of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from pipeline.periodic import periodically

INTERVAL_SECONDS = 10.0


@contextmanager
def waiting_lines(console: Console, what: str, interval: float = INTERVAL_SECONDS) -> Iterator[None]:
    """Prints a plain line at each interval while the context lasts, so that a log shows that nothing hangs.

    Args:
        console: Where to print.
        what: What is going on.
        interval: Seconds between two lines.
    """
    began = time.monotonic()

    def print_line() -> None:
        seconds = time.monotonic() - began
        console.print(f"        {what}: {seconds:.0f} s so far", markup=False, highlight=False, style="dim")

    with periodically(print_line, interval, "waiting-lines"):
        yield
