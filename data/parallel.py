"""Runs work on all cores and yields the results in order, with bounded memory and a progress line."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")
R = TypeVar("R")

# Results that wait per worker: enough to keep all busy, few enough for memory.
_AHEAD = 4
# Shorter work needs no progress line.
_PATIENCE_SECONDS = 2.0
# Least time between two changes of the line, so that it costs next to nothing.
_REFRESH_SECONDS = 0.2


def workers() -> int:
    """Returns the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def ordered_map(function: Callable[[T], R], items: Iterable[T], count: int | None = None) -> Iterator[R]:
    """Applies a function in threads and yields the results in order, a few ahead of the consumer.

    Threads suffice: Pillow and OpenCV release the interpreter lock while they decode, encode and filter.

    Args:
        function: The function, called once per item.
        items: The items; they are read only as fast as results are taken.
        count: Threads (None: as many as cores).

    Yields:
        The results, in the order of the items.
    """
    number = count or workers()
    with ThreadPoolExecutor(number) as pool:
        waiting: deque[Future[R]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= _AHEAD * number:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def track(results: Iterable[R], total: int, label: str) -> Iterator[R]:
    """Passes results on and shows their count, the rate and the time left on stderr, after two seconds.

    Args:
        results: The results.
        total: How many there will be.
        label: What the line says is being done.

    Yields:
        The results, unchanged.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}/s"),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    start, shown = time.monotonic(), 0.0
    task = progress.add_task(label, total=total, rate="-")
    try:
        for done, result in enumerate(results, start=1):
            elapsed = time.monotonic() - start
            if elapsed - shown > _REFRESH_SECONDS:
                shown = elapsed
                progress.update(task, completed=done, rate=f"{done / elapsed:.0f}")
                if elapsed > _PATIENCE_SECONDS and not progress.live.is_started:
                    progress.start()
            yield result
    finally:
        if progress.live.is_started:  # stopping a line that never started would print empty lines into a log
            progress.stop()
