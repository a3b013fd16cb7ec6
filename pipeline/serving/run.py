"""The server from its first request to its last."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from data.image.decoding import Limits
from pipeline.serving.app import App
from pipeline.serving.header_timeout import protocol_with_header_timeout
from pipeline.serving.images import ImageService
from pipeline.serving.listening import address_of
from pipeline.serving.model.batching import Batcher
from pipeline.serving.model.production import Production
from pipeline.serving.monitoring.measurement_log import MeasurementLog
from pipeline.serving.monitoring.metrics import Metrics
from pipeline.serving.settings import ServeSettings

# Longer than an image of the largest size takes; whoever reads an answer this slowly is not waited for.
_GRACE_SECONDS = 300
# Longer than proxies keep an idle connection, and than Retry-After has a client wait: who sends a request into a connection
# that is just being closed has it broken.
_IDLE_SECONDS = 75


def serve(settings: ServeSettings, listening: socket.socket) -> int:
    """Serves until SIGTERM or SIGINT; requests that are in by then are answered.

    Args:
        settings: What is served.
        listening: A socket that listens already.

    Returns:
        The exit code 0.

    Raises:
        InputError: The one model that was named cannot be served, or measurements cannot be written.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    with running(settings) as app:
        server = make_server(app, settings)
        _stop_on_signals(server)
        print(f"listening at {address_of(listening)}", flush=True)
        server.run(sockets=[listening])
    return 0


@contextmanager
def running(settings: ServeSettings) -> Iterator[ASGIApp]:
    """Runs what works behind the application, and hands that on.

    Args:
        settings: What is served.

    Raises:
        InputError: As `serve`.
    """
    limits = Limits(settings.max_body, settings.max_pixels)
    folder = settings.log_measurements
    log = MeasurementLog(folder) if folder else None
    metrics = Metrics()
    production = Production(settings.memory, metrics.loaded)
    if settings.model is not None:
        production.serve_folder(settings.model)
    watching = production.watching(settings.models) if settings.model is None else nullcontext()
    batcher = Batcher(settings.max_batch, metrics.restored)
    images = ImageService(batcher, limits, settings.max_batch, log)
    try:
        with batcher.running(), watching:
            yield App(settings, production, images, metrics).asgi()
    finally:
        images.close()


def make_server(app: ASGIApp, settings: ServeSettings) -> uvicorn.Server:
    """Returns the web server that runs the application.

    Args:
        app: What answers.
        settings: Its `body_timeout` goes for a request's headers as well.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=protocol_with_header_timeout(settings.body_timeout),
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


def _stop_on_signals(server: uvicorn.Server) -> None:
    """Ends the server on a signal that comes before it looks for signals itself.

    When it has ended for one, uvicorn raises that again for the handler that was there before: which is this one, that then
    changes nothing, so that the process ends with 0.
    """

    def handle(number: int, frame: Any) -> None:
        del number, frame
        server.should_exit = True

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, handle)
