"""The OpenAPI 3.1 document of the server, written from its routes and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.routing import Route

from data.spans.manifest import code_version
from pipeline.serving.openapi_schemas import (
    ANSWER,
    ERROR,
    EXAMPLE,
    HEALTH,
    METADATA,
    PREDICT,
    STATUS,
    Schema,
    reference,
    schemas,
)
from pipeline.serving.settings import ServeSettings

JSON, PNG, JPEG, HTML, ANY_BYTES = (
    "application/json",
    "image/png",
    "image/jpeg",
    "text/html",
    "application/octet-stream",
)
METRICS_TEXT = "text/plain"
VERSION_HEADER = "X-Model-Version"

_BYTES: Schema = {"type": "string", "format": "binary"}
_VERSION = "version"

_UNREADABLE, _SLOW, _FOREIGN_NAME, _CROWDED = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
ALWAYS = (_UNREADABLE, _SLOW, _FOREIGN_NAME, _CROWDED)
"""Statuses that any request may get, whatever its path: they concern the connection and the name of the server."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a handler does, beside what holds for every request.

    Attributes:
        name: Its `operationId`.
        summary: What it does, in one line.
        answers: Media type and schema of a successful answer, by status.
        errors: Statuses of errors beyond `ALWAYS`.
        body: Media types and schemas of the request's body; empty where it has none.
        has_model: Whether a successful answer names the version of the model.
    """

    name: str
    summary: str
    answers: dict[HTTPStatus, tuple[str, Schema]]
    errors: tuple[HTTPStatus, ...] = ()
    body: tuple[tuple[str, Schema], ...] = ()
    has_model: bool = False


_OF_A_BODY = (
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
)
_NO_MODEL = (HTTPStatus.NOT_FOUND,)
_JSON_HEALTH = (JSON, reference(HEALTH))

OPERATIONS: dict[str, Operation] = {
    "page": Operation("page", "The page for browsers.", {HTTPStatus.OK: (HTML, {"type": "string"})}),
    "openapi": Operation("openapi", "This document.", {HTTPStatus.OK: (JSON, {"type": "object"})}),
    "restore": Operation(
        "restore",
        "Restores an image; the answer is a PNG of the same size.",
        {HTTPStatus.OK: (PNG, _BYTES)},
        _OF_A_BODY,
        ((PNG, _BYTES), (JPEG, _BYTES), (ANY_BYTES, _BYTES)),
        has_model=True,
    ),
    "health": Operation(
        "health",
        "Whether a model is served, and what keeps a newer one from being served.",
        {HTTPStatus.OK: _JSON_HEALTH, HTTPStatus.SERVICE_UNAVAILABLE: _JSON_HEALTH},
    ),
    "metrics": Operation(
        "metrics", "Metrics in Prometheus's text format.", {HTTPStatus.OK: (METRICS_TEXT, {"type": "string"})}
    ),
    "predict": Operation(
        "predict",
        "Restores the images of a request of TF Serving's REST API.",
        {HTTPStatus.OK: (JSON, reference(ANSWER))},
        _OF_A_BODY,
        ((JSON, reference(PREDICT)),),
        has_model=True,
    ),
    "metadata": Operation(
        "metadata", "The signatures of the model.", {HTTPStatus.OK: (JSON, reference(METADATA))}, _NO_MODEL
    ),
    "status": Operation("status", "The version that is served.", {HTTPStatus.OK: (JSON, reference(STATUS))}, _NO_MODEL),
}
"""Operations by the name of their route."""


def openapi_document(routes: Sequence[Route], settings: ServeSettings) -> dict[str, Any]:
    """Returns the document.

    Args:
        routes: All routes of the server; the name of each is a key of `OPERATIONS`.
        settings: Its limits.

    Raises:
        KeyError: A route has no operation.
    """
    meanings = _meanings(settings)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ast-restore serve",
            "summary": "Restores rainy, hazy and otherwise degraded photographs.",
            "description": _description(settings),
            "version": code_version(),
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": {route.path_format: _path(route, meanings) for route in routes},
        "components": {
            "schemas": schemas(settings.queue),
            "responses": {_response_name(status): _error(status, meaning) for status, meaning in meanings.items()},
            "headers": {
                VERSION_HEADER: {
                    "description": "The version of the model that answered.",
                    "required": True,
                    "schema": {"type": "string", "pattern": "^[0-9]+$"},
                },
                "Retry-After": {
                    "description": "Seconds to wait; missing where the connection was refused.",
                    "schema": {"type": "string", "pattern": "^[0-9]+$"},
                },
            },
        },
    }


def _description(settings: ServeSettings) -> str:
    return (
        f"Bodies may have `Content-Encoding: gzip`. A body has at most {settings.max_body:,} bytes, decompressed; an image at "
        f"most {settings.max_pixels:,} pixels; at most {settings.queue} images are in flight. Every error is JSON with the key "
        "`error`. Another method than those of a path gets 405, another path 404. There is neither authentication nor TLS."
    )


def _meanings(settings: ServeSettings) -> dict[HTTPStatus, str]:
    """Returns what each status of an error means, with the limits of this server."""
    return {
        HTTPStatus.BAD_REQUEST: "The body is no image, or no request of this API, or an image in it is damaged or has more "
        f"than {settings.max_pixels:,} pixels; or the request is not valid HTTP/1.1.",
        HTTPStatus.FORBIDDEN: "A page of another site sent the request.",
        HTTPStatus.NOT_FOUND: "This version is not served, or none is.",
        HTTPStatus.REQUEST_TIMEOUT: f"Headers or body came too slowly: no part for {settings.read_timeout:g} s.",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"The body has more than {settings.max_body:,} bytes, decompressed.",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is a form, or has an unknown Content-Encoding.",
        HTTPStatus.MISDIRECTED_REQUEST: "The Host header is not a name of this server (`--allowed-host`).",
        HTTPStatus.INTERNAL_SERVER_ERROR: "The model gave values that are not finite, or the server failed; see its log.",
        HTTPStatus.SERVICE_UNAVAILABLE: f"No model is loaded yet, {settings.queue} images are in flight, or too many "
        "connections are open.",
    }


def _path(route: Route, meanings: dict[HTTPStatus, str]) -> dict[str, Any]:
    operation = OPERATIONS[route.name]
    item: dict[str, Any] = {
        method.lower(): _operation(route, operation, method, meanings) for method in sorted(route.methods or ())
    }
    if _is_pinned(route):
        item["parameters"] = [
            {
                "name": _VERSION,
                "in": "path",
                "required": True,
                "description": "Number of a version; one that is neither served nor a canary gets 404.",
                "schema": {"type": "string", "pattern": "^[0-9]+$"},
            }
        ]
    return item


def _is_pinned(route: Route) -> bool:
    return _VERSION in route.param_convertors


def _operation(route: Route, operation: Operation, method: str, meanings: dict[HTTPStatus, str]) -> dict[str, Any]:
    errors = {*ALWAYS, *operation.errors, *((HTTPStatus.NOT_FOUND,) if _is_pinned(route) else ())}
    responses = {
        str(int(status)): {"$ref": f"#/components/responses/{_response_name(status)}"}
        for status in meanings
        if status in errors
    }
    responses |= {str(int(status)): _answer(operation, status, method, meanings) for status in operation.answers}
    prefix = "head-" if method == "HEAD" else ""
    pinned = "-version" if _is_pinned(route) else ""
    described: dict[str, Any] = {
        "operationId": f"{prefix}{operation.name}{pinned}",
        "summary": operation.summary if method != "HEAD" else f"{operation.summary} Headers only.",
        "responses": dict(sorted(responses.items())),
    }
    if operation.body:
        content: dict[str, Any] = {media_type: {"schema": schema} for media_type, schema in operation.body}
        if JSON in content:
            content[JSON]["example"] = EXAMPLE
        described["requestBody"] = {"required": True, "content": content}
    return described


def _answer(operation: Operation, status: HTTPStatus, method: str, meanings: dict[HTTPStatus, str]) -> dict[str, Any]:
    media_type, schema = operation.answers[status]
    if status is not HTTPStatus.OK:  # the health of a server without a model; or a connection that was refused
        schema = {"oneOf": [schema, reference(ERROR)]}
    answer: dict[str, Any] = {"description": operation.summary if status is HTTPStatus.OK else meanings[status]}
    if method != "HEAD":
        answer["content"] = {media_type: {"schema": schema}}
    if operation.has_model:
        answer["headers"] = {VERSION_HEADER: {"$ref": f"#/components/headers/{VERSION_HEADER}"}}
    return answer


def _response_name(status: HTTPStatus) -> str:
    return status.name.title().replace("_", "")


def _error(status: HTTPStatus, meaning: str) -> dict[str, Any]:
    response: dict[str, Any] = {"description": meaning, "content": {JSON: {"schema": reference(ERROR)}}}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        response["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return response
