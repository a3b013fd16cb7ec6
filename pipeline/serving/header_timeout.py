"""A time limit for a request's headers; uvicorn limits the idle time between requests only, and waits for headers for ever."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import h11
from starlette.responses import JSONResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.serving.refusal import SAFE

_MESSAGE = "the headers came too slowly; send them faster"


def protocol_with_header_timeout(seconds: float) -> type[H11Protocol]:
    """Returns uvicorn's HTTP protocol with a time limit for the headers of a request.

    Args:
        seconds: Limit from the opening of the connection, or from the first byte of a later request on it, to the end of
            the headers. After it the server answers 408 (nothing, if the client sent nothing) and closes the connection.
    """

    class HeaderTimeoutProtocol(H11Protocol):
        _timer: asyncio.TimerHandle | None = None
        _has_received = False

        # The parent narrows the transport in the same way.
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._timer = self.loop.call_later(seconds, self._time_out)

        def data_received(self, data: bytes) -> None:
            self._has_received = True
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self._stop_timer()
            elif self._timer is None:
                self._timer = self.loop.call_later(seconds, self._time_out)

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_timer()
            super().connection_lost(exc)

        def _stop_timer(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _time_out(self) -> None:
            if self._has_received and self.conn.our_state is h11.IDLE:
                self.transport.write(_answer(self.conn))
            self.transport.close()

    return HeaderTimeoutProtocol


def _answer(connection: h11.Connection) -> bytes:
    status = HTTPStatus.REQUEST_TIMEOUT
    answer = JSONResponse({"error": _MESSAGE}, status, SAFE | {"Connection": "close"})
    events = (
        h11.Response(status_code=status, headers=answer.raw_headers, reason=status.phrase),
        h11.Data(data=bytes(answer.body)),
        h11.EndOfMessage(),
    )
    return b"".join(connection.send(event) or b"" for event in events)
