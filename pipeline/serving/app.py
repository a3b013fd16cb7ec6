"""The server's addresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from data.errors import InputError
from pipeline.serving.admission import House, read_body
from pipeline.serving.images import ImageService
from pipeline.serving.model.production import Production
from pipeline.serving.model.served_model import ServedModel
from pipeline.serving.monitoring.metrics import Measured, Metrics
from pipeline.serving.page import read_page
from pipeline.serving.refusal import SAFE, RefusedError, busy
from pipeline.serving.settings import MODEL_NAME, ServeSettings
from pipeline.serving.tf_serving_api import read_call, write_answer, write_metadata, write_status

T = TypeVar("T")
Enter = Callable[[int], None]

VERSION_HEADER = "X-Model-Version"
# A version is loaded in seconds.
_RETRY_SECONDS = 2


class App:
    """Answers requests with the model that is current when they begin."""

    def __init__(self, settings: ServeSettings, production: Production, images: ImageService, metrics: Metrics) -> None:
        """Makes one from its parts.

        Args:
            settings: What a client may ask.
            production: Has the model.
            images: Restores.
            metrics: Counts.
        """
        self._settings = settings
        self._production = production
        self._images = images
        self._metrics = metrics
        self._house = House(settings.queue)
        self._page = read_page()
        metrics.watch(lambda: self._house.inside, lambda: self._number() or 0)

    def asgi(self) -> ASGIApp:
        """Returns the application that a web server runs."""
        model = f"/v1/models/{MODEL_NAME}"
        pinned = f"{model}/versions/{{version}}"
        routes = [
            Route("/", self._show_page),
            Route("/restore", self._restore, methods=["POST"]),
            Route("/healthz", self._health),
            Route("/metrics", self._show_metrics),
            *(Route(f"{path}:predict", self._predict, methods=["POST"]) for path in (model, pinned)),
            *(Route(f"{path}/metadata", self._metadata) for path in (model, pinned)),
            *(Route(path, self._status) for path in (model, pinned)),
        ]
        handlers = {RefusedError: _refused, InputError: _bad_input, HTTPException: _no_such, Exception: _failed}
        return Measured(Starlette(routes=routes, exception_handlers=handlers), self._metrics)

    async def _restore(self, request: Request) -> Response:
        """The image is the body, and the answer is the restored one."""
        async with self._body(request) as (model, body, _):
            restored = await self._images.restore(model, body, "the image")
        return Response(restored, media_type="image/png", headers=_of(model))

    async def _predict(self, request: Request) -> Response:
        async with self._body(request) as (model, body, enter):
            call = await self._images.in_thread(read_call, body)
            del body
            enter(call.count - 1)
            if call.encoded:
                work = [self._images.restore(model, encoded, place) for place, encoded in call.encoded]
                answer = await self._images.in_thread(write_answer, call.layout, await _all(work))
            else:
                floats = await _all([self._images.restore_floats(model, image) for image in call.floats])
                answer = await self._images.in_thread(write_answer, call.layout, floats)
        return Response(answer, media_type="application/json", headers=_of(model))

    @asynccontextmanager
    async def _body(self, request: Request) -> AsyncIterator[tuple[ServedModel, bytes, Enter]]:
        """Lets a request in, and hands on its model, its body, and what lets in more images than one."""
        model = self._model(request)
        if model is None:
            raise busy(self._production.problem, _RETRY_SECONDS)
        with self._house.visit() as enter:
            settings = self._settings
            body = await read_body(request.receive, request.headers, settings.max_body, settings.body_timeout)
            yield model, body, enter

    async def _status(self, request: Request) -> Response:
        return JSONResponse(write_status(self._served(request)))

    async def _metadata(self, request: Request) -> Response:
        return JSONResponse(write_metadata(self._served(request)))

    async def _health(self, request: Request) -> Response:
        del request
        problem = self._production.problem
        if self._number() is None:
            return JSONResponse({"status": "unavailable", "problem": problem}, HTTPStatus.SERVICE_UNAVAILABLE)
        return JSONResponse({"status": "ok", "version": self._number(), **({"problem": problem} if problem else {})})

    async def _show_metrics(self, request: Request) -> Response:
        del request
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _show_page(self, request: Request) -> Response:
        del request
        return Response(self._page.html, media_type="text/html", headers=self._page.headers)

    def _number(self) -> int | None:
        model = self._production.current
        return model.number if model else None

    def _model(self, request: Request) -> ServedModel | None:
        """Returns the current model; if the address names a version, it has to be that one."""
        model, wanted = self._production.current, request.path_params.get("version")
        if wanted is not None and (model is None or wanted != str(model.number)):
            raise HTTPException(HTTPStatus.NOT_FOUND, f"Could not find version {wanted[:20]} of model {MODEL_NAME}")
        return model

    def _served(self, request: Request) -> ServedModel:
        model = self._model(request)
        if model is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"Could not find any versions of model {MODEL_NAME}")
        return model


async def _all(work: Sequence[Awaitable[T]]) -> list[T]:
    """Waits for all images of a request; where one is refused, the others are not worked on in vain."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


def _of(model: ServedModel) -> dict[str, str]:
    return {VERSION_HEADER: str(model.number)} | SAFE


async def _refused(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RefusedError)
    return JSONResponse({"error": error.message}, error.status, error.headers | SAFE)


async def _bad_input(request: Request, error: Exception) -> Response:
    del request
    return JSONResponse({"error": str(error)}, HTTPStatus.BAD_REQUEST, SAFE)


async def _no_such(request: Request, error: Exception) -> Response:
    """Paths, methods, models and versions that there are not."""
    del request
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, {**(error.headers or {}), **SAFE})


async def _failed(request: Request, error: Exception) -> Response:
    """A fault of the server's: the log has it, the client is told no more than that."""
    del request, error
    headers = SAFE | {"Connection": "close"}  # which uvicorn does after a fault, but does not say
    return JSONResponse({"error": "the image could not be restored"}, HTTPStatus.INTERNAL_SERVER_ERROR, headers)
