"""Reads the body of a request: its size, its time and its encoding are limited."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Mapping
from http import HTTPStatus

from starlette.types import Receive

from pipeline.serving.refusal import RefusedError, bad
from pipeline.serving.web.protocol import MIN_BYTES_PER_SECOND

_GZIP = ("gzip", "x-gzip")
_GZIP_WINDOW = 31  # zlib's code for a gzip header and the largest window
_FORM = "multipart/"


async def read_body(receive: Receive, headers: Mapping[str, str], max_bytes: int, timeout: float) -> bytes:
    """Reads the body of a request.

    Args:
        receive: ASGI's callable that returns the next message.
        headers: Headers of the request.
        max_bytes: Maximum size of the body in bytes.
        timeout: Seconds within which each next part of the body has to arrive.

    Returns:
        The body; at least one byte.

    Raises:
        RefusedError: The body is empty, too large or too slow, is a form, or has an unknown encoding; or the client
            disconnected.
    """
    _require_kind(headers)
    # A declared size is refused before anything is read; a chunked body declares none and is counted below.
    if int(headers.get("content-length", 0)) > max_bytes:
        raise _too_large(max_bytes)
    body, start = bytearray(), time.monotonic()
    more = True
    while more:
        deadline = start + timeout + len(body) / MIN_BYTES_PER_SECOND
        part, more = await _next_part(receive, min(timeout, max(0.0, deadline - time.monotonic())))
        body += part
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    if not body:
        raise bad("the body is empty; send an image, or a JSON object with images")
    return bytes(body)


def is_compressed(headers: Mapping[str, str]) -> bool:
    """Returns whether a body that `read_body` has accepted has to be decompressed.

    Args:
        headers: Headers of the request.
    """
    return _encoding(headers) in _GZIP


def decompress(body: bytes, max_bytes: int) -> bytes:
    """Returns a gzip body, decompressed.

    Args:
        body: The body as it was sent.
        max_bytes: Maximum size of the result in bytes; no more is decompressed.

    Raises:
        RefusedError: The body is damaged or cut short, or the result is too large.
    """
    decoder = zlib.decompressobj(_GZIP_WINDOW)
    try:
        content = decoder.decompress(body, max_bytes + 1)
    except zlib.error:
        raise bad("the body is not valid gzip, though Content-Encoding says so; send it again") from None
    if len(content) > max_bytes:
        raise _too_large(max_bytes)
    if not decoder.eof or decoder.unused_data:
        raise bad("the body is not one whole gzip stream; send it again")
    return content


async def until_disconnect(receive: Receive) -> None:
    """Returns when the client has gone; called after the whole body was read.

    Args:
        receive: ASGI's callable that returns the next message.
    """
    while (await receive())["type"] != "http.disconnect":
        pass


def _require_kind(headers: Mapping[str, str]) -> None:
    if headers.get("content-type", "").lower().startswith(_FORM):
        raise RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "the body is a form, as by `curl -F`; send the file itself, as by `curl --data-binary @photo.jpg`",
        )
    encoding = _encoding(headers)
    if encoding not in ("", "identity", *_GZIP):
        raise RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Content-Encoding {encoding[:40]!r} is not known; send the body with gzip or without an encoding",
            {"Accept-Encoding": "gzip"},
        )


def _encoding(headers: Mapping[str, str]) -> str:
    return headers.get("content-encoding", "").strip().lower()


async def _next_part(receive: Receive, seconds: float) -> tuple[bytes, bool]:
    """Returns the next part of a body, and whether more parts follow."""
    try:
        message = await asyncio.wait_for(receive(), seconds)
    except asyncio.TimeoutError:
        close = {"Connection": "close"}
        raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, "the body came too slowly; send it faster", close) from None
    if message["type"] == "http.disconnect":
        raise bad("the client disconnected before the whole body arrived")
    return message.get("body", b""), message.get("more_body", False)


def _too_large(max_bytes: int) -> RefusedError:
    return RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body has more than {max_bytes:,} bytes; send less, or raise --max-body",
    )
