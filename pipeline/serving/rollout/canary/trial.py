"""A canary in memory: its model, the thread that calls it, and what is known of it."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pipeline.serving.model.batching import AnyImage, Batcher, Image, ModelCall
from pipeline.serving.model.served_model import ServedModel
from pipeline.serving.rollout.canary.judge import Judge

_HANGS_SECONDS = 30.0
_HANGS_FACTOR = 10.0
# While production has restored too few images for a comparison.
_UNKNOWN_SECONDS = 600.0


class Trial:
    """A version that answers a share of the requests.

    It is called by a thread of its own, so that requests for production do not wait behind a slow canary.

    Attributes:
        model: The version.
        pinned: The version for requests that ask for it by number. They are no sample of all requests, so they are not judged.
        digest: `registry.model_digest` of the model.
        judge: What it is judged by.
        batcher: Calls the model.
        is_open: Whether it gets new requests.
        is_ended: Whether its thread has ended.
        in_flight: Number of requests that it has and that are not answered.
    """

    def __init__(
        self,
        model: ServedModel,
        digest: str,
        judge: Judge,
        max_batch: int,
        on_batch: Callable[[Sequence[AnyImage]], None],
        on_call: Callable[[ModelCall], None],
    ) -> None:
        """Starts the thread.

        Args:
            model: The version.
            digest: `registry.model_digest` of the model.
            judge: What it is judged by.
            max_batch: Maximum number of images per call.
            on_batch: Called with the images of each call that succeeded.
            on_call: Called with each finished call.
        """
        self.model = model
        self.pinned = copy.copy(model)
        self.digest = digest
        self.judge = judge
        self.is_open = True
        self.batcher = Batcher(max_batch, on_batch, (on_call,))
        self.is_ended = False
        self.in_flight = 0
        self._lock = threading.Lock()
        self._thread = self.batcher.start()

    @contextmanager
    def used(self) -> Iterator[None]:
        """Counts a request as in flight while the context lasts, unless the thread has ended."""
        with self._lock:
            count = 0 if self.is_ended else 1
            self.in_flight += count
        try:
            yield
        finally:
            with self._lock:
                self.in_flight -= count

    def end_if_unused(self) -> bool:
        """Ends the thread where no request is in flight; returns whether it did. Its last call may last on."""
        self.is_open = False
        with self._lock:
            self.is_ended = self.in_flight == 0
        if self.is_ended:
            self.batcher.stop()
        return self.is_ended

    def end(self) -> None:
        """Ends the thread for good, and waits for its last call, but not for one that hangs."""
        self.is_open = False
        self.batcher.stop()
        self._thread.join(_HANGS_SECONDS)

    def hangs_for(self) -> float | None:
        """Returns for how many seconds a call has lasted that should have ended long ago; None where there is none."""
        since, pixels = self.batcher.working
        if since is None:
            return None
        expected = self.judge.expected_seconds(pixels)
        seconds = time.monotonic() - since
        longest = _UNKNOWN_SECONDS if expected is None else max(_HANGS_SECONDS, _HANGS_FACTOR * expected)
        return seconds if seconds > longest else None


class ChosenBatcher:
    """Sends each image to the thread that calls its model."""

    def __init__(self, batcher: Batcher, canary_batcher: Callable[[ServedModel], Batcher | None]) -> None:
        """Connects the two.

        Args:
            batcher: Calls the production model.
            canary_batcher: Returns the batcher of a canary; None for another model.
        """
        self._batcher = batcher
        self._canary_batcher = canary_batcher

    async def restore(self, model: ServedModel, image: Image) -> Image:
        """Restores an image as `Batcher.restore` does.

        Args:
            model: The version.
            image: uint8 or float32 [H, W, 3].
        """
        return await (self._canary_batcher(model) or self._batcher).restore(model, image)
