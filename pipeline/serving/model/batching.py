"""Dynamic batching: one thread calls the model, with waiting images of one size together.

The thread starts a call as soon as it is free and never waits for more images. Between the tiles of a large image it serves
small ones, so that they do not wait a minute for the large one.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeGuard, TypeVar, cast

import numpy as np

from data.image.arrays import ImageF32, ImageU8
from pipeline.serving.model.served_model import ServedModel

AnyImage = ImageU8 | ImageF32
Image = TypeVar("Image", ImageU8, ImageF32)

MAX_BATCH_PIXELS = 2**16
"""Maximum computed pixels of all images in a call of several. On two cores, images of 64 pixels a side took 12 ms each in fours
and 21 ms alone; larger ones took the same or longer in a batch, as their activations exceed the cache."""

SMALL_SIDE = 1024
"""Side in pixels of the largest image that is served between two tiles: it takes a few tiles' time."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelCall:
    """A finished call of a model.

    Attributes:
        model: The version.
        images: What it got, uint8 or float32 [H, W, 3] each.
        restored: What it gave, of the same types and sizes; empty where it failed.
        seconds: Time of the call, without that in which other images were served between its tiles.
        error: Why it failed; None where it did not.
    """

    model: ServedModel
    images: Sequence[AnyImage]
    restored: Sequence[AnyImage]
    seconds: float
    error: Exception | None = None

    def pictures(self) -> Iterator[tuple[ImageU8, ImageU8]]:
        """Yields each picture and its answer; none for images of numbers (float32), and none of a call that failed."""
        for image, answer in zip(self.images, self.restored, strict=False):
            if _is_picture(image) and _is_picture(answer):
                yield image, answer


def _is_picture(image: AnyImage) -> TypeGuard[ImageU8]:
    return image.dtype == np.uint8


class _AbandonedError(Exception):
    """Nobody waits for the images of a call any more."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """An image that waits for its model; the result has the same type, uint8 or float32."""

    model: ServedModel
    image: AnyImage
    done: Future[AnyImage] = field(default_factory=Future)
    is_abandoned: threading.Event = field(default_factory=threading.Event)

    @property
    def pixels(self) -> int:
        """Pixels that the network computes for the image."""
        return self.model.tiling.computed_pixels(*self.image.shape[:2])

    @property
    def is_small(self) -> bool:
        return self.pixels <= self.model.tiling.computed_pixels(SMALL_SIDE, SMALL_SIDE)

    def fits(self, other: _Job) -> bool:
        """Returns whether both can go into one call."""
        is_alike = self.image.dtype == other.image.dtype and self.image.shape == other.image.shape
        return is_alike and self.model is other.model


class Batcher:
    """Queues images from the event loop and restores them in the thread that calls the model."""

    def __init__(
        self,
        max_batch: int,
        on_batch: Callable[[Sequence[AnyImage]], None],
        observers: Sequence[Callable[[ModelCall], None]] = (),
    ) -> None:
        """Makes an empty queue; nothing is restored before `running`.

        Args:
            max_batch: Maximum number of images per call.
            on_batch: Called with the images of each call that succeeded.
            observers: Called with each finished call once its images are answered; they must neither wait nor fail.
        """
        self._max_batch = max_batch
        self._on_batch = on_batch
        self._observers = observers
        self._working: tuple[float | None, int] = (None, 0)
        self._waiting: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._is_stopping = False

    async def restore(self, model: ServedModel, image: Image) -> Image:
        """Queues an image and waits for its result. If the caller is cancelled, the work ends before the next tile.

        Args:
            model: The version that restores it.
            image: uint8 [H, W, 3], or float32 [H, W, 3] in [0, 1].

        Returns:
            The restored image, of the same type and size; floats are not clipped.
        """
        job = _Job(model, image)
        with self._changed:
            self._waiting.append(job)
            self._changed.notify()
        try:
            return cast(Image, await asyncio.wrap_future(job.done))
        except asyncio.CancelledError:
            self._abandon(job)
            raise

    @contextmanager
    def running(self) -> Iterator[None]:
        """Runs the thread while the context lasts; images that wait at its end are still restored."""
        thread = self.start()
        try:
            yield
        finally:
            self.stop()
            thread.join()

    def start(self) -> threading.Thread:
        """Starts the thread and returns it."""
        thread = threading.Thread(target=self._work, name="model", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Ends the thread once nothing waits any more; does not wait for that."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()

    @property
    def is_idle(self) -> bool:
        """Whether no image waits for the model or is being restored."""
        with self._changed:
            return not self._waiting and self._working[0] is None

    @property
    def working(self) -> tuple[float | None, int]:
        """When the present call began, by the monotonic clock, and the pixels that it computes; None while there is none."""
        return self._working

    def _abandon(self, job: _Job) -> None:
        job.is_abandoned.set()
        with self._changed:
            self._waiting = deque(other for other in self._waiting if other is not job)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_stopping)
                if not self._waiting:
                    return
                batch = self._take(0)
                self._working = (time.monotonic(), sum(job.pixels for job in batch))
            self._serve(batch, self._serve_small)
            del batch  # or its images, and an old model, would stay in memory until the next batch
            with self._changed:
                self._working = (None, 0)

    def _serve_small(self) -> None:
        """Serves the first small image in the queue and those that fit it; runs between the tiles of a large image."""
        with self._changed:
            small = (index for index, job in enumerate(self._waiting) if job.is_small)
            index = next(small, None)
            batch = None if index is None else self._take(index)
        if batch:
            self._serve(batch, _nothing)

    def _take(self, index: int) -> list[_Job]:
        """Removes the image at an index, and later ones that fit into the same call, from the queue."""
        first = self._waiting[index]
        most = max(1, min(self._max_batch, MAX_BATCH_PIXELS // first.pixels))
        batch = [first, *(job for job in list(self._waiting)[index + 1 :] if first.fits(job))][:most]
        self._waiting = deque(job for job in self._waiting if job not in batch)
        return batch

    def _serve(self, batch: list[_Job], between: Callable[[], None]) -> None:
        live = [job for job in batch if job.done.set_running_or_notify_cancel()]
        if not live:
            return

        start, elsewhere = time.monotonic(), 0.0

        def before_next_tile() -> None:
            nonlocal elsewhere
            if all(job.is_abandoned.is_set() for job in live):
                raise _AbandonedError
            left = time.monotonic()
            between()
            elsewhere += time.monotonic() - left

        model, images = live[0].model, [job.image for job in live]
        try:
            restored = _call(live, before_next_tile)
        # Any error, exhausted memory included, ends these requests, not the thread that serves all others.
        except Exception as error:
            for job in live:
                job.done.set_exception(error)
            if not isinstance(error, _AbandonedError):
                self._report(ModelCall(model, images, (), time.monotonic() - start - elsewhere, error))
            return
        seconds = time.monotonic() - start - elsewhere
        self._on_batch(images)
        for job, image in zip(live, restored, strict=True):
            job.done.set_result(image)
        self._report(ModelCall(model, images, restored, seconds))

    def _report(self, call: ModelCall) -> None:
        for observe in self._observers:
            observe(call)


def _call(jobs: list[_Job], between: Callable[[], None]) -> Sequence[AnyImage]:
    model, images = jobs[0].model, [job.image for job in jobs]
    if images[0].dtype == np.float32:
        return model.restore_floats(cast(list[ImageF32], images))
    levels = cast(list[ImageU8], images)
    return model.restore_together(levels) if len(levels) > 1 else [model.restore(levels[0], between)]


def _nothing() -> None:
    """Does nothing: an image that is served between tiles is not interrupted itself."""
