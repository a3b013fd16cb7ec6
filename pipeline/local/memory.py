"""Peak memory of each component: the resident memory of the run's process and its children, sampled during the component."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from pipeline.periodic import periodically

# Short enough to meet a peak of a component that takes seconds, long enough to cost well under 1% of a core.
INTERVAL_SECONDS = 0.25


@dataclass(slots=True)
class MemoryUse:
    """Resident memory of the run during one component, in bytes.

    Attributes:
        before: At the start of the component.
        peak: The highest sample until its end.
    """

    before: int
    peak: int


class MemorySampler:
    """Samples resident memory and records the peak of each component.

    Components run in the runner's process, so memory that an earlier one did not free counts too, and a page that two
    processes share counts twice. A peak between two samples is missed.

    Attributes:
        components: Memory by the component's name.
    """

    def __init__(self) -> None:
        """Creates a sampler; it records nothing outside `measuring`."""
        self.components: dict[str, MemoryUse] = {}
        self._process = psutil.Process()
        self._current: str | None = None
        self._lock = threading.Lock()

    @contextmanager
    def measuring(self, component: str) -> Iterator[None]:
        """Assigns the samples to a component while the context lasts.

        Args:
            component: The component's name.
        """
        resident = self._resident()
        with self._lock:
            self.components[component] = MemoryUse(resident, resident)
            self._current = component
        try:
            yield
        finally:
            self.sample()
            with self._lock:
                self._current = None

    def sample(self) -> None:
        """Takes one sample."""
        if self._current is None:
            return
        resident = self._resident()
        with self._lock:
            if self._current is not None:
                use = self.components[self._current]
                use.peak = max(use.peak, resident)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Takes samples in a thread while the context lasts."""
        with periodically(self.sample, INTERVAL_SECONDS, "memory-sampler"):
            yield

    def _resident(self) -> int:
        return sum(map(_resident_of, (self._process, *self._process.children(recursive=True))))


def _resident_of(process: psutil.Process) -> int:
    """Returns the resident memory of a process in bytes; 0 for a child that has just ended."""
    try:
        return process.memory_info().rss
    except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
        return 0
