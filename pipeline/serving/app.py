"""The server's routes and handlers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from data.errors import InputError
from data.image.arrays import ImageF32
from pipeline.restoring.finite import NotFiniteError
from pipeline.serving.admission import AdmissionControl
from pipeline.serving.browser_page import read_page
from pipeline.serving.images import ImageService
from pipeline.serving.model.reloading import ModelReloader
from pipeline.serving.model.served_model import ServedModel
from pipeline.serving.monitoring.metrics import Metrics, MetricsMiddleware
from pipeline.serving.openapi import VERSION_HEADER, openapi_document
from pipeline.serving.refusal import RefusedError, busy
from pipeline.serving.rollout.shadow.source import ShadowSource
from pipeline.serving.settings import MODEL_NAME, ServeSettings
from pipeline.serving.tf_serving_api import PredictRequest, write_answer, write_metadata, write_status
from pipeline.serving.web.answer import HeldResponse, unless_gone
from pipeline.serving.web.body import decompress, is_compressed, read_body
from pipeline.serving.web.hosts import AllowedHosts
from pipeline.serving.web.middleware import GuardMiddleware

T = TypeVar("T")
_log = logging.getLogger("ast-restore serve")

AdmitMore = Callable[[int], None]

_VERSION = "model_version"
# Loading a version takes seconds.
_LOADING_RETRY_SECONDS = 2


class _VersionConvertor(StringConvertor):
    """The number of a version in a path; without the colon, `:predict` would be read as the end of a number too."""

    regex = "[^/:]+"


register_url_convertor(_VERSION, _VersionConvertor())


class App:
    """Answers each request with the model that is current when the request begins."""

    def __init__(
        self,
        settings: ServeSettings,
        reloader: ModelReloader,
        images: ImageService,
        metrics: Metrics,
        shadow: ShadowSource | None = None,
    ) -> None:
        """Connects the parts of the server.

        Args:
            settings: Limits of requests.
            reloader: Holds the served model.
            images: Decodes, restores and encodes images.
            metrics: Counts requests.
            shadow: Holds the shadow; None for a server without one.
        """
        self._settings = settings
        self._reloader = reloader
        self._images = images
        self._metrics = metrics
        self._shadow = shadow
        self._admission = AdmissionControl(settings.queue)
        self._page = read_page()
        self._openapi: dict[str, Any] = {}
        metrics.watch(lambda: self._admission.in_flight, lambda: self._version() or 0)

    def asgi(self) -> ASGIApp:
        """Returns the ASGI application for a web server."""
        model = f"/v1/models/{MODEL_NAME}"
        pinned = f"{model}/versions/{{version:{_VERSION}}}"
        routes = [
            Route("/", self._show_page, name="page"),
            Route("/openapi.json", self._show_openapi, name="openapi"),
            Route("/restore", self._restore, methods=["POST"], name="restore"),
            Route("/healthz", self._health, name="health"),
            Route("/metrics", self._show_metrics, name="metrics"),
            *(Route(f"{path}:predict", self._predict, methods=["POST"], name="predict") for path in (model, pinned)),
            *(Route(f"{path}/metadata", self._metadata, name="metadata") for path in (model, pinned)),
            *(Route(path, self._status, name="status") for path in (model, pinned)),
        ]
        self._openapi = openapi_document(routes, self._settings)
        handlers = {
            RefusedError: _refused,
            NotFiniteError: _not_finite,
            InputError: _bad_input,
            HTTPException: _not_found,
            Exception: _failed,
        }
        app = Starlette(routes=routes, exception_handlers=handlers)
        app.router.redirect_slashes = False  # the redirection would name whatever host the client named
        guarded = GuardMiddleware(app, AllowedHosts(self._settings.allowed_hosts))
        return MetricsMiddleware(guarded, self._metrics)

    async def _restore(self, request: Request) -> Response:
        """Restores the image that is the body; the answer is a PNG."""
        with ExitStack() as held:
            model, _ = self._admit(request, held)
            body = await self._read(request)
            restored = await unless_gone(self._images.restore(model, body, "the image"), request.receive)
            return HeldResponse(restored, "image/png", _version_headers(model), held.pop_all())

    async def _predict(self, request: Request) -> Response:
        """Restores the images of a request of TF Serving's API."""
        with ExitStack() as held:
            model, admit_more = self._admit(request, held)
            body = [await self._read(request)]
            answer = await unless_gone(self._predicted(model, body, admit_more), request.receive)
            return HeldResponse(answer, "application/json", _version_headers(model), held.pop_all())

    async def _predicted(self, model: ServedModel, body: list[bytes], admit_more: AdmitMore) -> bytes:
        """Returns the answer to a body, which is taken out of its list: it is as large as all its images together."""
        wanted = await self._images.parse(body.pop())
        admit_more(wanted.count - 1)
        return await self._images.in_thread(write_answer, wanted.layout, await self._restore_all(model, wanted))

    async def _restore_all(self, model: ServedModel, wanted: PredictRequest) -> list[bytes] | list[ImageF32]:
        if wanted.encoded:
            return await _all([self._images.restore(model, data, name) for name, data in wanted.encoded])
        return await _all([self._images.restore_floats(model, image) for image in wanted.floats])

    def _admit(self, request: Request, held: ExitStack) -> tuple[ServedModel, AdmitMore]:
        """Admits a request until `held` ends; returns its model, and a function that admits more images of it."""
        model = self._model(request, self._reloader.choose)
        if model is None:
            raise busy(self._reloader.problem, _LOADING_RETRY_SECONDS)
        admit_more = held.enter_context(self._admission.admit())
        held.enter_context(self._reloader.used(model))
        return model, admit_more

    async def _read(self, request: Request) -> bytes:
        """Returns the body of a request, decompressed."""
        most = self._settings.max_body
        body = await read_body(request.receive, request.headers, most, self._settings.read_timeout)
        return await self._images.in_thread(decompress, body, most) if is_compressed(request.headers) else body

    async def _status(self, request: Request) -> Response:
        return JSONResponse(write_status(self._model_or_404(request)))

    async def _metadata(self, request: Request) -> Response:
        return JSONResponse(write_metadata(self._model_or_404(request)))

    async def _health(self, request: Request) -> Response:
        del request
        problem = self._reloader.problem
        version = self._version()
        if version is None:
            return JSONResponse({"status": "unavailable", "problem": problem}, HTTPStatus.SERVICE_UNAVAILABLE)
        health = {"status": "degraded" if problem else "ok", "version": version}
        if problem:
            health["problem"] = problem
        if self._reloader.canary:
            health["canary"] = self._reloader.canary
        if self._shadow is not None:
            health["shadow"] = self._shadow.current.label if self._shadow.current else self._shadow.problem
        return JSONResponse(health)

    async def _show_metrics(self, request: Request) -> Response:
        del request
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _show_openapi(self, request: Request) -> Response:
        del request
        return JSONResponse(self._openapi)

    async def _show_page(self, request: Request) -> Response:
        del request
        return Response(self._page.html, media_type="text/html", headers=self._page.headers)

    def _version(self) -> int | None:
        model = self._reloader.current
        return model.number if model else None

    def _model(self, request: Request, choose: Callable[[], ServedModel | None]) -> ServedModel | None:
        """Returns the version that the URL names, or else the chosen one; answers 404 if it names one that is not served."""
        wanted = request.path_params.get("version")
        if wanted is None:
            return choose()
        model = self._reloader.find(wanted)
        if model is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"Could not find version {wanted[:20]} of model {MODEL_NAME}")
        return model

    def _model_or_404(self, request: Request) -> ServedModel:
        model = self._model(request, lambda: self._reloader.current)
        if model is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"Could not find any versions of model {MODEL_NAME}")
        return model


async def _all(work: Sequence[Awaitable[T]]) -> list[T]:
    """Waits for all images of a request; if one fails, cancels the others."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        while tasks:  # none stays a variable of this frame; see `unless_gone`
            tasks.pop().cancel()


def _version_headers(model: ServedModel) -> dict[str, str]:
    return {VERSION_HEADER: str(model.number)}


async def _refused(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RefusedError)
    return JSONResponse({"error": error.message}, error.status, error.headers)


async def _not_finite(request: Request, error: Exception) -> Response:
    """Answers where the model, not the client, is at fault."""
    del request
    _log.error("%s", error)
    return JSONResponse({"error": str(error)}, HTTPStatus.INTERNAL_SERVER_ERROR)


async def _bad_input(request: Request, error: Exception) -> Response:
    del request
    return JSONResponse({"error": str(error)}, HTTPStatus.BAD_REQUEST)


async def _not_found(request: Request, error: Exception) -> Response:
    """Answers for unknown paths, methods, models and versions."""
    del request
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    """Answers after a fault of the server; details go to the log only."""
    del request, error
    headers = {"Connection": "close"}  # uvicorn closes the connection after a fault without this header
    return JSONResponse({"error": "the image could not be restored"}, HTTPStatus.INTERNAL_SERVER_ERROR, headers)
