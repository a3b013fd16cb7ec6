"""How much memory each component needs: the run's process and its children, sampled while a component runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

# Short enough to meet a peak of a component that takes seconds, long enough to cost well under 1% of a core.
INTERVAL_SECONDS = 0.25


@dataclass(slots=True)
class MemoryUse:
    """Resident memory in bytes: when a component began, and the most that was seen until it ended."""

    before: int
    peak: int


class MemorySampler:
    """Samples resident memory and keeps the peak of each component.

    Components run in the runner's process, so what an earlier one left behind counts; a page that two processes share
    counts twice. What rises and falls between two samples is missed.
    """

    def __init__(self) -> None:
        """Makes a sampler that waits for the first component."""
        self.components: dict[str, MemoryUse] = {}
        self._process = psutil.Process()
        self._current: str | None = None
        self._lock = threading.Lock()

    def begin(self, component: str) -> None:
        """Takes in that a component begins."""
        now = self._resident()
        with self._lock:
            self.components[component] = MemoryUse(now, now)
            self._current = component

    def end(self, component: str) -> None:
        """Takes in that a component ended."""
        self.sample()
        with self._lock:
            if self._current == component:
                self._current = None

    def sample(self) -> None:
        """Looks once."""
        if self._current is None:
            return
        now = self._resident()
        with self._lock:
            if self._current is not None:
                use = self.components[self._current]
                use.peak = max(use.peak, now)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Samples in a thread of its own while the context lasts."""
        stop = threading.Event()

        def look() -> None:
            while not stop.wait(INTERVAL_SECONDS):
                self.sample()

        thread = threading.Thread(target=look, name="memory-sampler", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _resident(self) -> int:
        return sum(map(_resident_of, (self._process, *self._process.children(recursive=True))))


def _resident_of(process: psutil.Process) -> int:
    """A child may end while it is looked at: it then holds nothing."""
    try:
        return process.memory_info().rss
    except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
        return 0
