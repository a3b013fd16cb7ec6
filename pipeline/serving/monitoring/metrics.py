"""What Prometheus is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PREFIX = "ast_restore"
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_BATCHES = (1, 2, 3, 4, 6, 8, 12, 16)


class Metrics:
    """All that is counted, in a registry of its own: two servers in one process do not mix.

    Attributes:
        reloads: Versions by what came of loading them.
    """

    def __init__(self) -> None:
        """Makes them, all at zero."""
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            f"{_PREFIX}_requests", "Requests by path and HTTP code.", ["path", "code"], registry=registry
        )
        self._seconds = Histogram(
            f"{_PREFIX}_request_seconds", "Time of a request.", ["path"], buckets=_SECONDS, registry=registry
        )
        self._batches = Histogram(
            f"{_PREFIX}_batch_images", "Images that the model was given at once.", buckets=_BATCHES, registry=registry
        )
        self._images = Counter(f"{_PREFIX}_images_restored", "Images restored.", registry=registry)
        self._pixels = Counter(f"{_PREFIX}_pixels_restored", "Pixels restored.", registry=registry)
        self.reloads = Counter(f"{_PREFIX}_reloads", "Versions loaded, by result.", ["result"], registry=registry)
        self._queue = Gauge(f"{_PREFIX}_queue_images", "Images in the house, waiting or in work.", registry=registry)
        self._version = Gauge(
            f"{_PREFIX}_model_version", "Version that is served; 0 while there is none.", registry=registry
        )
        for result in ("loaded", "failed"):
            self.reloads.labels(result)

    def watch(self, queue: Callable[[], float], version: Callable[[], float]) -> None:
        """Names where the two values that are looked up are found."""
        self._queue.set_function(queue)
        self._version.set_function(version)

    def loaded(self, good: bool) -> None:
        """Counts a version that was loaded or could not be."""
        self.reloads.labels("loaded" if good else "failed").inc()

    def restored(self, images: Sequence[NDArray[Any]]) -> None:
        """Counts the images of one call of the model."""
        self._batches.observe(len(images))
        self._images.inc(len(images))
        self._pixels.inc(sum(int(np.prod(image.shape[:2])) for image in images))

    def answered(self, path: str, code: int, seconds: float) -> None:
        """Counts a request."""
        self._requests.labels(path, str(code)).inc()
        self._seconds.labels(path).observe(seconds)

    def text(self) -> bytes:
        """Returns all of it as Prometheus reads it."""
        return bytes(generate_latest(self._registry))


class Measured:
    """An application whose requests are counted."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wraps an application."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request as ASGI wants it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, code = time.monotonic(), 500

        async def sent(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            self._metrics.answered(_label(scope["path"]), code, time.monotonic() - start)


def _label(path: str) -> str:
    """Returns one of few names: a label for each address that somebody thinks up would fill the memory."""
    if path.startswith("/v1/models/"):
        return "predict" if path.endswith(":predict") else "model"
    return {"/": "page", "/restore": "restore", "/healthz": "healthz", "/metrics": "metrics"}.get(path, "other")
