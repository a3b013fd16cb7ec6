"""The bytes of a connection, cut into pieces at `PAUSE`: uvicorn, h11, the time limits, the guard and the reading of bodies."""

from __future__ import annotations

import asyncio
import gzip
import logging
import re
from functools import cache

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.config import Config
from uvicorn.server import ServerState

from pipeline.serving.refusal import RefusedError
from pipeline.serving.web.body import decompress, is_compressed, read_body
from pipeline.serving.web.hosts import AllowedHosts
from pipeline.serving.web.middleware import GuardMiddleware
from pipeline.serving.web.protocol import protocol_with_deadlines
from tests.fuzz.frame import Target

PAUSE = b"\xff|\xff"
_MAX_BODY = 10_000
_STATUS = re.compile(rb"HTTP/1\.1 ([2-5]\d\d) ")
_EXPECTED = {b"200", b"400", b"403", b"404", b"405", b"408", b"413", b"415", b"421"}


class _Pipe(asyncio.Transport):
    """A connection without a network, of which the client has taken everything at once."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = bytearray()
        self._is_closing = False

    def write(self, data: bytes) -> None:
        self.sent += data

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True

    abort = close

    def pause_reading(self) -> None:
        """Reads on: what comes is handed over piece by piece anyway."""

    resume_reading = pause_reading


async def _size(request: Request) -> Response:
    body = await read_body(request.receive, request.headers, _MAX_BODY, timeout=60)
    return JSONResponse(len(decompress(body, _MAX_BODY) if is_compressed(request.headers) else body))


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _refused(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": error.message}, error.status, error.headers)


@cache
def _config() -> Config:
    app = Starlette(
        routes=[Route("/restore", _size, methods=["POST"]), Route("/healthz", _health)],
        exception_handlers={RefusedError: _refused},
    )
    guarded = GuardMiddleware(app, AllowedHosts(()))
    config = Config(guarded, http=protocol_with_deadlines(60.0, 10), ws="none", lifespan="off", log_config=None)
    config.load()
    return config


async def _talk(data: bytes) -> bytes:
    """Returns what the server answers to the pieces, and raises what fails in it."""
    failures: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failures.append(context.get("exception") or context["message"]))
    state, pipe, config = ServerState(), _Pipe(), _config()
    protocol = config.http_protocol_class(config, state, {})
    protocol.connection_made(pipe)
    for piece in data.split(PAUSE):
        if piece and not pipe.is_closing():  # asyncio hands over no empty piece
            protocol.data_received(piece)
        for _ in range(8):
            await asyncio.sleep(0)
    protocol.connection_lost(None)
    if state.tasks:
        await asyncio.wait(state.tasks, timeout=5)
    assert not state.tasks, "a request outlives its connection"
    assert not failures, failures
    return bytes(pipe.sent)


def _read(data: bytes) -> None:
    records: list[logging.LogRecord] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = records.append
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(handler)
    try:
        sent = asyncio.run(_talk(data))
    finally:
        logger.removeHandler(handler)
    assert not records, [record.getMessage() for record in records]
    codes = _STATUS.findall(sent)
    assert set(codes) <= _EXPECTED, codes
    assert sent.lower().count(b"\r\nx-content-type-options: nosniff\r\n") == len(codes)


def _seeds() -> list[bytes]:
    head = b"Host: localhost\r\n"
    packed = gzip.compress(b"x" * 100)
    return [
        b"GET /healthz HTTP/1.1\r\n" + head + b"\r\n",
        b"POST /restore HTTP/1.1\r\n" + head + b"Content-Length: 4\r\n\r\n" + PAUSE + b"ab" + PAUSE + b"cd",
        b"POST /restore HTTP/1.1\r\n"
        + head
        + b"Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n"
        + PAUSE
        + b"0\r\n\r\n",
        b"POST /restore HTTP/1.1\r\n"
        + head
        + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
        + packed,
        b"POST /restore HTTP/1.1\r\n" + head + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\n" + PAUSE + b"a",
        b"GET /healthz HTTP/1.1\r\n" + head + b"Connection: keep-alive\r\n\r\nGET / HTTP/1.1\r\n" + head + b"\r\n",
        b"GET /healthz HTTP/1.0\r\n\r\n",
        b"HEAD /healthz HTTP/1.1\r\n" + head + b"Content-Length: 3\r\n\r\n" + PAUSE + b"abc",
        b"HEAD /healthz HTTP/1.1\r\n" + head + b"Transfer-Encoding: chunked\r\n\r\n6\r\nabcdefTT",
    ]


TARGET = Target(
    read=_read,
    seeds=_seeds,
    refusals=(),
    words=(
        PAUSE,
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Length: ",
        b"Expect: 100-continue\r\n",
        b"Upgrade: websocket\r\n",
        b"Connection: close\r\n",
        b"Connection: Upgrade\r\n",
        b"Host: ",
        b"\r\n\r\n",
        b"HTTP/1.0",
        b"Content-Type: multipart/form-data\r\n",
    ),
)
