"""A request's headers have to come in time; uvicorn, which times what comes between requests only, waits for them for ever."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import h11
from starlette.responses import JSONResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.serving.refusal import SAFE

_MESSAGE = "the headers came too slowly; send them faster"


def protocol_with_header_timeout(seconds: float) -> type[H11Protocol]:
    """Returns uvicorn's protocol, with a limit to how long a client may take for the headers of a request.

    Args:
        seconds: From the opening of the connection, or from the first byte of a later request on it, to the end of its
            headers. Beyond it the answer is 408, or none to who sent nothing, and the connection is closed.
    """

    class HeaderTimeoutProtocol(H11Protocol):
        _timer: asyncio.TimerHandle | None = None
        _began = False

        # The parent takes no less special a transport either.
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._timer = self.loop.call_later(seconds, self._give_up)

        def data_received(self, data: bytes) -> None:
            self._began = True
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self._stop()
            elif self._timer is None:
                self._timer = self.loop.call_later(seconds, self._give_up)

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop()
            super().connection_lost(exc)

        def _stop(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _give_up(self) -> None:
            if self._began and self.conn.our_state is h11.IDLE:
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
