"""Admission control: limits the images in flight."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.serving.refusal import bad, busy

MAX_RETRY_SECONDS = 60
"""Longest time in seconds that a client is asked to wait before it tries again."""

# Weight of the newest request in the running mean of request times.
_NEWEST_WEIGHT = 0.1


class AdmissionControl:
    """Limits the images in flight; an image counts from before its body is read until its client took the answer, or went.

    Attributes:
        in_flight: Number of admitted images.
    """

    def __init__(self, capacity: int) -> None:
        """Starts with no image in flight.

        Args:
            capacity: Maximum number of images in flight.
        """
        self.in_flight = 0
        self._capacity = capacity
        self._mean_seconds = 1.0

    @contextmanager
    def admit(self) -> Iterator[Callable[[int], None]]:
        """Admits one image while the context lasts; yields a function that admits so many more of the same request.

        Raises:
            RefusedError: As many images are in flight as may be (503), or one request has more than that (400).
        """
        self._reserve(1)
        count, start = 1, time.monotonic()

        def admit_more(more: int) -> None:
            nonlocal count
            if more + 1 > self._capacity:
                raise bad(f"{more + 1} images in one request; send at most {self._capacity}")
            self._reserve(more)
            count += more

        try:
            yield admit_more
        finally:
            self.in_flight -= count
            self._mean_seconds += _NEWEST_WEIGHT * (time.monotonic() - start - self._mean_seconds)

    def _reserve(self, count: int) -> None:
        if self.in_flight + count > self._capacity:
            retry_after = min(MAX_RETRY_SECONDS, max(1, math.ceil(self._mean_seconds)))
            raise busy(f"{self.in_flight} images are in flight and the queue is full; try again later", retry_after)
        self.in_flight += count
