"""Starts and stops the server."""

from __future__ import annotations

import logging
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from data.image.decoding import Limits
from pipeline.serving.app import App
from pipeline.serving.images import ImageService
from pipeline.serving.listening import address_of
from pipeline.serving.model.batching import Batcher
from pipeline.serving.model.reloading import ModelReloader
from pipeline.serving.monitoring.measurement_log import MeasurementLog
from pipeline.serving.monitoring.metrics import Metrics
from pipeline.serving.settings import ServeSettings
from pipeline.serving.web.protocol import protocol_with_deadlines

# Longer than restoring an image of the maximum size takes; a client that reads its answer more slowly is cut off.
_GRACE_SECONDS = 300
# Longer than proxies keep an idle connection and than Retry-After makes a client wait: a request that is sent while the
# server closes the connection fails.
_IDLE_SECONDS = 75
_MAX_CONNECTIONS = 1000
# Files that are no connections: libraries, a model that is loaded, logs.
_OTHER_FILES = 100


def serve(settings: ServeSettings, listening: socket.socket) -> int:
    """Serves until SIGTERM or SIGINT, then answers the requests in flight and returns.

    Args:
        settings: Model and limits.
        listening: A listening socket.

    Returns:
        The exit code 0.

    Raises:
        InputError: `settings.model` cannot be loaded, or measurements cannot be written.
    """
    log_to_stderr()
    with running(settings) as app:
        server = make_server(app, settings)
        _stop_on_signals(server)
        print(f"listening at {address_of(listening)}", flush=True)
        server.run(sockets=[listening])
    return 0


def log_to_stderr() -> None:
    """Writes the log to stderr, each line once: TensorFlow's logger has a handler of its own and passes its lines on too."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("tensorflow").handlers.clear()


@contextmanager
def running(settings: ServeSettings) -> Iterator[ASGIApp]:
    """Runs the threads behind the application while the context lasts; yields the application.

    Args:
        settings: Model and limits.

    Raises:
        InputError: `settings.model` cannot be loaded, or measurements cannot be written.
    """
    limits = Limits(settings.max_body, settings.max_pixels)
    log = MeasurementLog(settings.log_measurements) if settings.log_measurements else None
    metrics = Metrics()
    reloader = ModelReloader(settings.memory, metrics.count_load, settings.trust_model, settings.public_key)
    if settings.model is not None:
        reloader.serve_folder(settings.model)
    polling = reloader.polling(settings.models) if settings.model is None else nullcontext()
    batcher = Batcher(settings.max_batch, metrics.count_batch)
    images = ImageService(batcher, limits, settings.max_batch, log)
    try:
        with batcher.running(), polling:
            yield App(settings, reloader, images, metrics).asgi()
    finally:
        images.close()


def make_server(app: ASGIApp, settings: ServeSettings) -> uvicorn.Server:
    """Returns the web server for an application.

    Args:
        app: The ASGI application.
        settings: Its `read_timeout` limits each phase of a connection.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=protocol_with_deadlines(settings.read_timeout, _max_connections()),
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )


def _max_connections() -> int:
    """Returns how many connections the process can hold: the system limits its open files."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MAX_CONNECTIONS if files == resource.RLIM_INFINITY else max(1, min(_MAX_CONNECTIONS, files - _OTHER_FILES))


def _stop_on_signals(server: uvicorn.Server) -> None:
    """Stops the server on a signal that comes before uvicorn handles signals itself.

    After it stopped on a signal, uvicorn raises the signal again for the handler before its own. That is this one, which
    then changes nothing, so that the process ends with exit code 0.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        server.should_exit = True

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
