"""Time limits for each phase of a connection; uvicorn limits the idle time between requests only.

The body of a request that is being read has its limits in `body.read_body`. Everything else is here: headers that come slowly,
the rest of a body whose request was answered already, and answers that the client reads slowly or not at all.
"""

from __future__ import annotations

import asyncio
import enum
from http import HTTPStatus
from typing import Any, ClassVar

import h11
from starlette.responses import JSONResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.serving.refusal import SAFE
from pipeline.serving.web.framing import StrictConnection

MIN_BYTES_PER_SECOND = 64 * 1024
"""Average rate at which a client has to send a body, and to take an answer, once the time limit is over."""

_SLOW_HEADERS = "the headers came too slowly; send them faster"
_INVALID = "not a valid HTTP/1.1 request; give one length, and chunks of at least a kilobyte on average"
_CROWDED = "too many connections are open; try again later"


class _Phase(enum.Enum):
    """What the server waits for."""

    HEADERS = enum.auto()
    IDLE = enum.auto()  # uvicorn's own limit counts
    WORK = enum.auto()  # the application's limits count
    REST_OF_BODY = enum.auto()
    READER = enum.auto()


_LIMITED = {_Phase.HEADERS, _Phase.REST_OF_BODY, _Phase.READER}


class DeadlineProtocol(H11Protocol):
    """uvicorn's HTTP protocol with a time limit for each phase of a connection.

    Attributes:
        seconds: The time limit.
        max_connections: Maximum number of open connections.
    """

    seconds: ClassVar[float]
    max_connections: ClassVar[int]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = self.config.h11_max_incomplete_event_size
        self.conn: StrictConnection = StrictConnection(most or 16 * 1024)
        self._timer: asyncio.TimerHandle | None = None
        self._phase = _Phase.HEADERS
        self._has_received = False
        self._due = 0  # bytes of answers that the client has to have taken at the end of the time limit, or all

    # The parent narrows the transport in the same way.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins a connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.max_connections and not self._close_an_idle_one():
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, _CROWDED)
            transport.close()
        self._start_timer()

    def data_received(self, data: bytes) -> None:
        """Reads what the client sent."""
        if self._is_at_work():
            # A request before the answer to the last one. Were it read, this server would not read on, nor see the client go.
            self.cycle.keep_alive = False
            return
        self._has_received = True
        super().data_received(data)
        is_begun = self.conn.their_state is h11.IDLE
        self._enter(_Phase.HEADERS if is_begun else self._current())

    def on_response_complete(self) -> None:
        """Ends an answer; the client may not have taken it yet."""
        super().on_response_complete()
        self._enter(self._current())

    def pause_writing(self) -> None:
        """Notes that the client takes an answer more slowly than it is written."""
        super().pause_writing()
        self._enter(self._current())

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the connection."""
        self._stop_timer()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answers a request that is no HTTP, and ends the work for it."""
        del msg
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._refuse(HTTPStatus.BAD_REQUEST, _INVALID)
        if self.cycle is not None:
            self.cycle.disconnected = True  # or the application would answer a second time
            self.cycle.message_event.set()
        self.transport.close()
        self._enter(self._current())

    def _should_upgrade(self) -> bool:
        return False  # the parent logs a warning for each

    def _is_at_work(self) -> bool:
        """Returns whether a whole request is being answered."""
        is_answering = self.cycle is not None and not self.cycle.response_complete
        # After the body a client is done, or must close, or hopes for another protocol.
        return is_answering and self.conn.their_state not in (h11.IDLE, h11.SEND_BODY)

    def _current(self) -> _Phase:
        if self._unsent():
            return _Phase.READER
        if self.conn.their_state is h11.IDLE:
            return _Phase.IDLE
        is_answered = self.cycle is not None and self.cycle.response_complete
        return _Phase.REST_OF_BODY if is_answered else _Phase.WORK

    def _unsent(self) -> int:
        return self.transport.get_write_buffer_size()

    def _taken(self) -> int:
        return self.conn.sent_bytes - self._unsent()

    def _enter(self, phase: _Phase) -> None:
        if phase is not self._phase:
            self._phase = phase
            self._start_timer()

    def _start_timer(self) -> None:
        self._stop_timer()
        if self._phase not in _LIMITED:
            return
        self._due = self._taken() + int(self.seconds * MIN_BYTES_PER_SECOND)
        self._timer = self.loop.call_later(self.seconds, self._time_out)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_out(self) -> None:
        if self._phase is _Phase.READER:
            self._require_progress()
            return
        if self._phase is _Phase.HEADERS and self._has_received and self.conn.our_state is h11.IDLE:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, _SLOW_HEADERS)
        self.transport.close()
        self._enter(self._current())

    def _require_progress(self) -> None:
        if self._unsent() and self._taken() < self._due:
            self.transport.abort()
            return
        self._phase = self._current()
        self._start_timer()

    def _close_an_idle_one(self) -> bool:
        for other in self.connections:
            if isinstance(other, DeadlineProtocol) and other._phase is _Phase.IDLE:
                other.timeout_keep_alive_handler()
                return True
        return False

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        answer = JSONResponse({"error": message}, status, SAFE | {"Connection": "close"})
        # The answer to HEAD has no body; before the headers of a request there is no method.
        is_head = self.conn.our_state is h11.SEND_RESPONSE and self.conn.method == b"HEAD"
        events = (
            h11.Response(status_code=status, headers=answer.raw_headers, reason=status.phrase),
            h11.Data(data=b"" if is_head else bytes(answer.body)),
            h11.EndOfMessage(),
        )
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))


def protocol_with_deadlines(seconds: float, max_connections: int) -> type[DeadlineProtocol]:
    """Returns the protocol with its limits.

    Args:
        seconds: Limit for the headers, from the opening of the connection or from the first byte of a later request on it
            (408; no answer if the client sent nothing); for the rest of a body after its answer; and for each `seconds` times
            64 KiB of an answer. A connection that exceeds it is closed.
        max_connections: Maximum number of open connections. Beyond it an idle one is closed, or else the new one (503).
    """

    class LimitedProtocol(DeadlineProtocol):
        pass

    LimitedProtocol.seconds, LimitedProtocol.max_connections = seconds, max_connections
    return LimitedProtocol
