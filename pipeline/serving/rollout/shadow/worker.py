"""Restores a share of the images a second time, with the shadow, and logs how both answers differ.

Nothing waits for it: an image is offered once it is answered, the queue is bounded and drops what does not fit, and the shadow
has a thread of its own, which begins, and goes on after each tile, only while the production model has nothing to do.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Literal

from data.image.arrays import ImageU8
from data.image.luma import luma_full_range
from data.image.measures import psnr
from data.image.plausibility import colour_difference, plausibility
from data.image.ssim import fast_ssim_plane
from pipeline.serving.model.batching import ModelCall
from pipeline.serving.rollout.draws import Draws
from pipeline.serving.rollout.shadow.bounded_log import BoundedLog
from pipeline.serving.rollout.shadow.entry import ShadowEntry
from pipeline.serving.rollout.shadow.source import ShadowModel, ShadowSource

MAX_WAITING = 8
"""Maximum images that wait for the shadow; together they have at most the pixels of the largest image that the server takes."""

Outcome = Literal["compared", "failed", "dropped", "lost"]
OUTCOMES: tuple[Outcome, ...] = ("compared", "failed", "dropped", "lost")
"""What becomes of an image that was chosen: its line is logged, the shadow fails, the queue is full, or the log's disk is."""

_IDLE_SECONDS = 0.02
_MILLISECONDS = 1000.0

_log = logging.getLogger("ast-restore serve")


class _StoppedError(Exception):
    """The server stops."""


@dataclass(frozen=True, slots=True, eq=False)
class _Offered:
    """An image with production's answer."""

    image: ImageU8
    answer: ImageU8
    version: int
    seconds: float

    @property
    def pixels(self) -> int:
        return self.image.shape[0] * self.image.shape[1]


class Shadow:
    """The queue and the thread of the shadow."""

    def __init__(
        self,
        source: ShadowSource,
        draws: Draws,
        log: BoundedLog,
        max_pixels: int,
        is_idle: Callable[[], bool],
        count: Callable[[Outcome], None],
    ) -> None:
        """Makes an empty queue; nothing is restored before `running`.

        Args:
            source: Holds the shadow.
            draws: Chooses images.
            log: Takes a line for each.
            max_pixels: Pixels of the largest image that the server takes.
            is_idle: Returns whether the production model has nothing to do.
            count: Called with what became of each chosen image.
        """
        self._source = source
        self._draws = draws
        self._log = log
        self._max_pixels = max_pixels
        self._is_idle = is_idle
        self._count = count
        self._waiting: deque[_Offered] = deque()
        self._changed = threading.Condition()
        self._stopping = threading.Event()

    def offer(self, call: ModelCall) -> None:
        """Queues a share of the images of a call of the production model; returns at once.

        Args:
            call: A finished call; images of numbers are not taken.
        """
        if self._source.current is None:
            return
        for image, answer in call.pictures():
            if self._draws.next():
                self._put(_Offered(image, answer, call.model.number, call.seconds / len(call.images)))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Runs the thread while the context lasts; images that wait at its end are forgotten."""
        thread = threading.Thread(target=self._work, name="shadow", daemon=True)
        thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._stopping.set()
                self._changed.notify()
            thread.join()

    def _put(self, offered: _Offered) -> None:
        with self._changed:
            pixels = offered.pixels + sum(each.pixels for each in self._waiting)
            has_room = len(self._waiting) < MAX_WAITING and pixels <= self._max_pixels
            if has_room:
                self._waiting.append(offered)
                self._changed.notify()
        if not has_room:
            self._count("dropped")

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping.is_set())
                if self._stopping.is_set():
                    return
                offered = self._waiting.popleft()
            shadow = self._source.current
            if shadow is not None:
                try:
                    self._compare(offered, shadow)
                except _StoppedError:
                    return
                # Whatever goes wrong with one image must not end the thread, and must be seen.
                except Exception:
                    _log.exception("an image could not be compared with the shadow's")
                    self._count("failed")
            del offered, shadow  # or they would stay in memory until the next image

    def _compare(self, offered: _Offered, shadow: ShadowModel) -> None:
        """Restores one image with the shadow and logs its line."""
        self._wait_until_idle()
        start, waited = time.monotonic(), 0.0

        def between() -> None:
            nonlocal waited
            waited += self._wait_until_idle()

        error, restored = "", None
        try:
            restored = shadow.model.restore(offered.image, between)
        except _StoppedError:
            raise
        # TensorFlow raises errors of many classes; the message may hold what must not be logged, its class does not.
        except Exception as problem:
            error = type(problem).__name__
        seconds = time.monotonic() - start - waited
        self._wait_until_idle()
        is_written = self._log.add(_entry(offered, shadow, restored, seconds, error).model_dump_json())
        self._count("lost" if not is_written else "failed" if error else "compared")

    def _wait_until_idle(self) -> float:
        """Waits until the production model has nothing to do; returns the seconds."""
        start = time.monotonic()
        while not self._is_idle():
            if self._stopping.wait(_IDLE_SECONDS):
                raise _StoppedError
        if self._stopping.is_set():
            raise _StoppedError
        return time.monotonic() - start


def _entry(offered: _Offered, shadow: ShadowModel, restored: ImageU8 | None, seconds: float, error: str) -> ShadowEntry:
    image, answer = offered.image, offered.answer
    between = {} if restored is None else {
        "shadow_ms": seconds * _MILLISECONDS,
        "psnr": psnr(restored, answer),
        "ssim": fast_ssim_plane(luma_full_range(restored), luma_full_range(answer)),
        "colour": colour_difference(restored, answer),
        "of_shadow": plausibility(restored, image),
    }  # fmt: skip
    return ShadowEntry(
        time=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        production=offered.version,
        shadow=shadow.label,
        height=image.shape[0],
        width=image.shape[1],
        production_ms=offered.seconds * _MILLISECONDS,
        error=error,
        of_production=plausibility(answer, image),
        **between,
    )
