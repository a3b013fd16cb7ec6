"""The one thread that calls the model: images of one size together, as soon as it is free, and never waiting for more.

While a large image is restored tile by tile, small ones are served between its tiles, so that nobody waits a minute behind it.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from pipeline.serving.model.served_model import Image, Pixels, ServedModel

AnyImage = Image | Pixels

# On two cores, images of 64 pixels a side took 12 ms each in fours and 21 alone; of 128 and more, the same or longer: their
# activations leave the cache.
BATCH_PIXELS = 2**16
# What is served between two tiles takes no longer than a tile, about.
SMALL_PIXELS = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """An image that waits for its model; uint8 is answered by uint8, float32 by float32."""

    model: ServedModel
    image: AnyImage
    done: Future[AnyImage] = field(default_factory=Future)

    @property
    def pixels(self) -> int:
        return self.image.shape[0] * self.image.shape[1]

    def fits(self, other: _Job) -> bool:
        """Returns whether both can be in one call."""
        kind = self.image.dtype == other.image.dtype and self.image.shape == other.image.shape
        return kind and self.model is other.model


class Batcher:
    """Takes images from the event loop and hands back what the model makes of them."""

    def __init__(self, max_batch: int, told: Callable[[Sequence[AnyImage]], None]) -> None:
        """Makes one that does nothing until it is `running`.

        Args:
            max_batch: Images that are put together at most.
            told: Is told of the images of each call that succeeded.
        """
        self._max_batch = max_batch
        self._told = told
        self._waiting: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._ending = False

    async def restore(self, model: ServedModel, image: AnyImage) -> AnyImage:
        """Waits for the model's turn and returns the restored image, of the same type and size."""
        job = _Job(model, image)
        with self._changed:
            self._waiting.append(job)
            self._changed.notify()
        return await asyncio.wrap_future(job.done)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serves while the context lasts; what waits at its end is still served."""
        thread = threading.Thread(target=self._work, name="model", daemon=True)
        thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._ending = True
                self._changed.notify()
            thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ending)
                if not self._waiting:
                    return
                batch = self._take(0)
            self._serve(batch, self._serve_small)
            del batch  # nothing of it, its model least of all, is to live until the next one comes

    def _serve_small(self) -> None:
        """Serves one small image and what fits it, where one waits: called between the tiles of a large one."""
        with self._changed:
            place = next((at for at, job in enumerate(self._waiting) if job.pixels <= SMALL_PIXELS), None)
            batch = None if place is None else self._take(place)
        if batch:
            self._serve(batch, _nothing)

    def _take(self, place: int) -> list[_Job]:
        """Takes the image at a place, and those behind it that can be in the same call, out of what waits."""
        first = self._waiting[place]
        most = max(1, min(self._max_batch, BATCH_PIXELS // first.pixels))
        batch = [first, *(job for job in list(self._waiting)[place + 1 :] if first.fits(job))][:most]
        self._waiting = deque(job for job in self._waiting if job not in batch)
        return batch

    def _serve(self, batch: list[_Job], between: Callable[[], None]) -> None:
        wanted = [job for job in batch if job.done.set_running_or_notify_cancel()]
        if not wanted:
            return
        try:
            restored = _call(wanted, between)
        # Whatever it is, memory that ran out among it, it ends these requests and not the thread that serves all others.
        except Exception as error:
            for job in wanted:
                job.done.set_exception(error)
            return
        self._told([job.image for job in wanted])
        for job, image in zip(wanted, restored, strict=True):
            job.done.set_result(image)


def _call(jobs: list[_Job], between: Callable[[], None]) -> Sequence[AnyImage]:
    model, images = jobs[0].model, [job.image for job in jobs]
    if images[0].dtype == np.float32:
        return model.restore_floats(cast(list[Pixels], images))
    levels = cast(list[Image], images)
    return model.restore_together(levels) if len(levels) > 1 else [model.restore(levels[0], between)]


def _nothing() -> None:
    """What is done between the tiles of an image that is itself served between tiles."""
