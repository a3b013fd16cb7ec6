"""Measures answers in a thread of its own, so that no answer waits for it; what does not fit into its queue is left out."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from data.image.arrays import ImageU8
from data.image.plausibility import Plausibility, plausibility
from pipeline.serving.model.batching import ModelCall

MAX_WAITING = 4
"""Maximum answers that wait; together they have at most the pixels of the largest image that the server takes."""

Take = Callable[[Plausibility], None]
"""Is called with the measures of an answer."""

_log = logging.getLogger("ast-restore serve")


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    image: ImageU8
    restored: ImageU8
    take: Take

    @property
    def pixels(self) -> int:
        return self.image.shape[0] * self.image.shape[1]


class AnswerMeasurer:
    """The queue and the thread."""

    def __init__(self, max_pixels: int) -> None:
        """Makes an empty queue; nothing is measured before `running`.

        Args:
            max_pixels: Pixels of the largest image that the server takes.
        """
        self._max_pixels = max_pixels
        self._waiting: deque[_Answer] = deque()
        self._changed = threading.Condition()
        self._is_stopping = False

    def offer(self, call: ModelCall, take: Take) -> None:
        """Queues the answers of a call, as far as there is room; returns at once. Answers of numbers are not measured.

        Args:
            call: A finished call.
            take: Called with each answer's measures.
        """
        for image, restored in call.pictures():
            self._put(_Answer(image, restored, take))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Runs the thread while the context lasts; answers that wait at its end are forgotten."""
        thread = threading.Thread(target=self._work, name="answer-measurer", daemon=True)
        thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._is_stopping = True
                self._changed.notify()
            thread.join()

    def _put(self, answer: _Answer) -> None:
        with self._changed:
            pixels = answer.pixels + sum(each.pixels for each in self._waiting)
            if len(self._waiting) < MAX_WAITING and pixels <= self._max_pixels:
                self._waiting.append(answer)
                self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_stopping)
                if self._is_stopping:
                    return
                answer = self._waiting.popleft()
            try:
                answer.take(plausibility(answer.restored, answer.image))
            # Whatever goes wrong with one image must not end the thread, and must be seen.
            except Exception:
                _log.exception("an answer could not be measured")
            del answer  # or it would stay in memory until the next one
