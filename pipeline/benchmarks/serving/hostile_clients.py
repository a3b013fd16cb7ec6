"""Clients that try to stop a server, for the benchmark of its service levels: a bounded number of each kind, on one machine."""

from __future__ import annotations

import io
import socket
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image

from pipeline.serving.settings import MEBIBYTE, MODEL_NAME

_PREDICT = f"/v1/models/{MODEL_NAME}:predict"
_BODY_BYTES = 32 * MEBIBYTE
_PAUSE_SECONDS = 1.0
_TIMEOUT_SECONDS = 60.0

Attack = Callable[[socket.socket, threading.Event], None]
"""Misuses a connection until it ends, or the event is set."""


def bombs() -> dict[str, bytes]:
    """Returns bodies of JSON of the server's maximum size, each costly in its own way."""
    items = {"lists": b"[]", "numbers": b"0", "objects": b'{"":0}', "deep": b"[" * 900 + b"]" * 900}
    return {name: _filled(item) for name, item in items.items()}


def _filled(item: bytes) -> bytes:
    count = (_BODY_BYTES - 30) // (len(item) + 1)
    return b'{"instances":[' + b",".join([item] * count) + b"]}"


def attacks() -> dict[str, Attack]:
    """Returns an attack of each kind by its name."""
    noise = _encoded(np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), np.uint8), "PNG")
    header = _encoded(np.zeros((1500, 1500, 3), np.uint8), "JPEG")
    kinds: dict[str, Attack] = {f"JSON bomb: {name}": _sending(_PREDICT, body) for name, body in bombs().items()}
    kinds |= {
        "slow reader": _not_reading("/restore", noise),
        "gone after 0.2 s": _leaving("/restore", header),
        "slow body": _dripping("POST", "/restore"),
        "slow body of an answered request": _dripping("GET", "/healthz"),
        "tiny chunks": _chunked("/restore"),
        "many PNG chunks": _sending("/restore", _many_chunks()),
        "many scans": _sending("/restore", _many_scans()),
        "narrow image": _sending("/restore", _encoded(np.zeros((1, 60_000, 3), np.uint8), "PNG")),
    }
    return kinds


@contextmanager
def hostile_clients(host: str, port: int, kinds: dict[str, Attack]) -> Iterator[Counter[str]]:
    """Runs one client of each kind, again and again, while the context lasts; yields the number of attempts by kind.

    Args:
        host: A loopback address.
        port: The server's port.
        kinds: Attacks by name.

    Raises:
        ValueError: The host is another machine.
    """
    if not host.startswith("127."):
        raise ValueError(f"{host}: hostile clients are for a server on this machine only")
    stop, attempts = threading.Event(), Counter[str]()

    def repeat(name: str, attack: Attack) -> None:
        while not stop.is_set():
            attempts[name] += 1
            try:
                with socket.create_connection((host, port), _TIMEOUT_SECONDS) as connection:
                    attack(connection, stop)
            except OSError:
                pass  # closed by the server, which is what it should do
            stop.wait(_PAUSE_SECONDS)

    threads = [threading.Thread(target=repeat, args=item, daemon=True) for item in kinds.items()]
    for thread in threads:
        thread.start()
    try:
        yield attempts
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def _sending(path: str, body: bytes) -> Attack:
    def attack(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(_head("POST", path, f"Content-Length: {len(body)}") + body)
        connection.recv(1 << 16)

    return attack


def _not_reading(path: str, body: bytes) -> Attack:
    def attack(connection: socket.socket, stop: threading.Event) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(_head("POST", path, f"Content-Length: {len(body)}") + body)
        stop.wait(_TIMEOUT_SECONDS)

    return attack


def _leaving(path: str, body: bytes) -> Attack:
    def attack(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(_head("POST", path, f"Content-Length: {len(body)}") + body)
        stop.wait(0.2)

    return attack


def _dripping(method: str, path: str) -> Attack:
    def attack(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(_head(method, path, "Content-Length: 1000000"))
        while not stop.wait(_PAUSE_SECONDS):
            connection.sendall(b"x")

    return attack


def _chunked(path: str) -> Attack:
    def attack(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(_head("POST", path, "Transfer-Encoding: chunked") + b"1\r\nx\r\n" * 500_000)
        connection.recv(1 << 16)

    return attack


def _encoded(pixels: np.ndarray, kind: str, **options: bool) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def _many_chunks() -> bytes:
    data = _encoded(np.zeros((8, 8, 3), np.uint8), "PNG")
    empty = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    return data[:33] + empty * 2_000_000 + data[33:]


def _many_scans() -> bytes:
    data = _encoded(np.zeros((4800, 4800, 3), np.uint8), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * 500 + data[-2:]
