"""Starts and stops the server."""

from __future__ import annotations

import logging
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from components.production.registry import locked
from data.image.codec.decoding import Limits
from pipeline.serving.app import App
from pipeline.serving.images import ImageService
from pipeline.serving.listening import address_of
from pipeline.serving.model.batching import Batcher, ModelCall
from pipeline.serving.model.loading import Loader
from pipeline.serving.model.reloading import ModelReloader
from pipeline.serving.monitoring.measurement_log import MeasurementLog
from pipeline.serving.monitoring.metrics import Metrics
from pipeline.serving.rollout.canary.measuring import AnswerMeasurer
from pipeline.serving.rollout.canary.reloader import CanaryReloader
from pipeline.serving.rollout.canary.trial import ChosenBatcher
from pipeline.serving.rollout.draws import Draws
from pipeline.serving.rollout.shadow.bounded_log import opened
from pipeline.serving.rollout.shadow.entry import LOG_NAME
from pipeline.serving.rollout.shadow.source import ShadowSource
from pipeline.serving.rollout.shadow.worker import Shadow
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
        InputError: `settings.model` cannot be loaded, measurements or the shadow's log cannot be written, or there is no such
            shadow.
    """
    limits = Limits(settings.max_body, settings.max_pixels)
    log = MeasurementLog(settings.log_measurements) if settings.log_measurements else None
    metrics = Metrics()
    loader = Loader(settings.memory, settings.trust_model, settings.public_key, settings.precision)
    measurer = AnswerMeasurer(settings.max_pixels)
    reloader = _reloader(settings, loader, metrics, measurer)
    if settings.model is not None:
        reloader.serve_folder(settings.model)
    with ExitStack() as stack:
        shadow = ShadowSource(settings.shadow.wanted, settings.models, loader) if settings.shadow else None
        observers: list[Callable[[ModelCall], None]] = []
        batcher = Batcher(settings.max_batch, metrics.count_batch, observers)
        chosen: Batcher | ChosenBatcher = batcher
        if isinstance(reloader, CanaryReloader):
            observers.append(reloader.observe)
            chosen = ChosenBatcher(batcher, reloader.batcher_of)
            stack.enter_context(measurer.running())
        images = ImageService(chosen, limits, settings.max_batch, log)
        stack.callback(images.close)
        if settings.shadow is not None and shadow is not None:
            shadowed = _run_shadow(stack, settings, shadow, batcher, metrics)
            observers.append(shadowed.offer)
        stack.enter_context(batcher.running())
        if settings.model is None:
            stack.enter_context(reloader.polling(settings.models))
        yield App(settings, reloader, images, metrics, shadow).asgi()


def _reloader(settings: ServeSettings, loader: Loader, metrics: Metrics, measurer: AnswerMeasurer) -> ModelReloader:
    if settings.canary is None:
        return ModelReloader(loader, metrics.count_load)
    with locked(settings.models):  # a folder that cannot be written is refused now, and not when a canary fails
        pass
    return CanaryReloader(loader, metrics, settings.canary, measurer, settings.queue, settings.max_batch)


def _run_shadow(
    stack: ExitStack, settings: ServeSettings, source: ShadowSource, batcher: Batcher, metrics: Metrics
) -> Shadow:
    """Starts the shadow's threads; they end with the stack."""
    assert settings.shadow is not None
    log = stack.enter_context(opened(settings.shadow.log, LOG_NAME))
    draws = Draws(settings.shadow.share, settings.shadow.seed)
    shadow = Shadow(source, draws, log, settings.max_pixels, lambda: batcher.is_idle, metrics.count_shadow)
    stack.enter_context(shadow.running())
    stack.enter_context(source.polling())
    return shadow


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
