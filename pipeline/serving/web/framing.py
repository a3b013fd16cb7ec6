"""HTTP's framing of messages, stricter than h11's: one length per body, and no body in tiny chunks."""

from __future__ import annotations

import h11

# A chunk costs the event loop as much time as a kilobyte of data; programs that send chunks send kilobytes in each.
_FREE_CHUNKS = 1000
_BYTES_PER_CHUNK = 1024
_TRANSFER_ENCODING, _CONTENT_LENGTH = b"transfer-encoding", b"content-length"


class StrictConnection(h11.Connection):
    """h11's connection of a server, which refuses ambiguous and wasteful framing, and counts what is sent.

    Attributes:
        method: Method of the last request whose headers were read, which may be refused for them.
        sent_bytes: Bytes of all answers so far.
    """

    def __init__(self, max_incomplete_event_size: int) -> None:
        """Starts before the first request.

        Args:
            max_incomplete_event_size: Maximum bytes of a request's headers.
        """
        super().__init__(h11.SERVER, max_incomplete_event_size)
        self.method = b""
        self.sent_bytes = 0
        self._chunks = 0
        self._body_bytes = 0

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Returns the next event of the client.

        Raises:
            h11.RemoteProtocolError: The client violates HTTP, or the rules of this class.
        """
        event = super().next_event()
        if isinstance(event, h11.Request):
            self.method = event.method
            self._chunks = self._body_bytes = 0
            _require_one_length(event)
        elif isinstance(event, h11.Data):
            self._count(event)
        return event

    def send_with_data_passthrough(self, event: h11.Event) -> list[bytes] | None:
        """Returns the bytes of an event of the server, and counts them; `send` calls this.

        Args:
            event: The event.
        """
        parts = super().send_with_data_passthrough(event)
        self.sent_bytes += sum(map(len, parts or ()))
        return parts

    def _count(self, event: h11.Data) -> None:
        self._chunks += event.chunk_start
        self._body_bytes += len(event.data)
        if self._chunks > _FREE_CHUNKS + self._body_bytes // _BYTES_PER_CHUNK:
            raise h11.RemoteProtocolError("the body comes in tiny chunks")


def _require_one_length(request: h11.Request) -> None:
    """Refuses a request whose body could end at two places, which a proxy and this server might choose differently.

    The rule is that of RFC 9112, 6.1.
    """
    names = {name for name, _ in request.headers}
    if _TRANSFER_ENCODING in names and (_CONTENT_LENGTH in names or request.http_version < b"1.1"):
        raise h11.RemoteProtocolError("Transfer-Encoding beside Content-Length, or in HTTP/1.0")
