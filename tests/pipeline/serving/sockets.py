"""Clients that misbehave on purpose, on bare sockets."""

from __future__ import annotations

import socket
import time


def connect(client, receive_buffer: int | None = None) -> socket.socket:
    """A connection to a client's server."""
    connection = socket.socket()
    connection.settimeout(30)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.connect((client.base_url.host, client.base_url.port))
    return connection


def request(method: str, path: str, *headers: str, body: bytes = b"", host: str = "localhost") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def heard(connection: socket.socket) -> bytes:
    """An answer whose body is JSON, or what came of it before the connection ended."""
    answer = b""
    while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
        received = connection.recv(1 << 16)
        if not received:
            break
        answer += received
    return answer


def seconds_until_closed(connection: socket.socket, drip: bytes = b"") -> float:
    """How long the server keeps a connection on which a byte comes now and then."""
    start = time.monotonic()
    connection.settimeout(0.1)
    while time.monotonic() - start < 20:
        try:
            if drip:
                connection.sendall(drip)
            if not connection.recv(1 << 16):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - start


def until(met, seconds: float = 20) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        time.sleep(0.02)
