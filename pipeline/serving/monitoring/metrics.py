"""The server's Prometheus metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.image.arrays import ImageF32, ImageU8

_PREFIX = "ast_restore"
_SECONDS_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_BATCH_BUCKETS = (1, 2, 3, 4, 6, 8, 12, 16)
_SUCCESS, _FAILURE = "success", "failure"
# The server's own fault, unless the application begins an answer.
_INTERNAL_ERROR = 500


class Metrics:
    """All metrics, in a registry of their own, so that two servers in one process do not share counters."""

    def __init__(self) -> None:
        """Creates the metrics, all at zero."""
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = self._counter("http_requests", "HTTP requests by path and status code.", "path", "code")
        self._request_seconds = Histogram(
            f"{_PREFIX}_http_request_duration_seconds",
            "Latency of HTTP requests in seconds, by path.",
            ["path"],
            buckets=_SECONDS_BUCKETS,
            registry=self._registry,
        )
        self._batch_size = Histogram(
            f"{_PREFIX}_batch_size", "Images per call of the model.", buckets=_BATCH_BUCKETS, registry=self._registry
        )
        self._images = self._counter("restored_images", "Restored images.")
        self._pixels = self._counter("restored_pixels", "Pixels of restored images.")
        self._loads = self._counter("model_loads", "Attempts to load a model version, by result.", "result")
        self._in_flight = self._gauge("in_flight_images", "Admitted images that are not answered yet.")
        self._version = self._gauge("model_version", "Version of the served model; 0 before the first one is loaded.")
        for result in (_SUCCESS, _FAILURE):
            self._loads.labels(result)
        self._canary_images = self._counter("canary_images", "Images of a canary: answered, failed, odd.", "result")
        self._canary_ends = self._counter(
            "canary_ends", "Canaries by their end: promoted, rolled_back, superseded.", "result"
        )
        self._canary_version = self._gauge("canary_version", "Version that answers a share as a canary; 0 without one.")
        self._shadowed = self._counter(
            "shadow_images", "Images chosen for the shadow, by what became of them.", "result"
        )

    def watch(self, in_flight: Callable[[], float], version: Callable[[], float]) -> None:
        """Sets the functions that are called for the two gauges' values.

        Args:
            in_flight: Returns the number of images in flight.
            version: Returns the version of the served model.
        """
        self._in_flight.set_function(in_flight)
        self._version.set_function(version)

    def count_load(self, is_loaded: bool) -> None:
        """Counts an attempt to load a model version."""
        self._loads.labels(_SUCCESS if is_loaded else _FAILURE).inc()

    def count_shadow(self, result: str) -> None:
        """Counts an image that was chosen for the shadow."""
        self._shadowed.labels(result).inc()

    def count_canary(self, result: str, images: int) -> None:
        """Counts images of a canary."""
        self._canary_images.labels(result).inc(images)

    def count_canary_end(self, result: str) -> None:
        """Counts the end of a canary."""
        self._canary_ends.labels(result).inc()

    def watch_canary(self, version: Callable[[], float]) -> None:
        """Sets the function that returns the canary's version, 0 without one."""
        self._canary_version.set_function(version)

    def count_batch(self, images: Sequence[ImageU8 | ImageF32]) -> None:
        """Counts the images and pixels of one call of the model."""
        self._batch_size.observe(len(images))
        self._images.inc(len(images))
        self._pixels.inc(sum(image.shape[0] * image.shape[1] for image in images))

    def count_request(self, path: str, code: int, seconds: float) -> None:
        """Counts an answered request and its latency."""
        self._requests.labels(path, str(code)).inc()
        self._request_seconds.labels(path).observe(seconds)

    def text(self) -> bytes:
        """Returns all metrics in Prometheus' text format."""
        return bytes(generate_latest(self._registry))

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        """Returns a new counter; the client library appends `_total` to its name."""
        return Counter(f"{_PREFIX}_{name}", meaning, labels, registry=self._registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"{_PREFIX}_{name}", meaning, registry=self._registry)


class MetricsMiddleware:
    """Counts the requests of an ASGI application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wraps an application.

        Args:
            app: The application.
            metrics: Counts its requests.
        """
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes one ASGI call on to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, code = time.monotonic(), _INTERNAL_ERROR

        async def send_and_note_code(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, send_and_note_code)
        finally:
            self._metrics.count_request(_path_label(scope["path"]), code, time.monotonic() - start)


def _path_label(path: str) -> str:
    """Returns one of few labels: a time series for each path that a client invents would fill the memory."""
    if path.startswith("/v1/models/"):
        return "predict" if path.endswith(":predict") else "model"
    labels = {
        "/": "page",
        "/restore": "restore",
        "/healthz": "healthz",
        "/metrics": "metrics",
        "/openapi.json": "openapi",
    }
    return labels.get(path, "other")
