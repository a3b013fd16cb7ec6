"""Clients that ask a server for restored images, many at a time, and count what they are answered."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from pipeline.serving.app import VERSION_HEADER
from pipeline.serving.settings import MEBIBYTE, MODEL_NAME

_PATIENCE_SECONDS = 600.0
_SAMPLE_SECONDS = 0.1


class Client:
    """One connection, kept open, as a client in earnest keeps it."""

    def __init__(self, host: str, port: int) -> None:
        """Makes one; it connects with its first request."""
        self._connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE_SECONDS)

    def post(self, path: str, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        """Sends a body and returns the answer and its body."""
        self._connection.request("POST", path, body)
        answer = self._connection.getresponse()
        return answer, answer.read()

    def predict(self, encoded: bytes) -> bytes:
        """Restores one image through TF Serving's API, from file to file."""
        request = {"instances": [{"b64": base64.b64encode(encoded).decode()}]}
        answer, body = self.post(f"/v1/models/{MODEL_NAME}:predict", json.dumps(request).encode())
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{answer.status}: {body[:200]!r}")
        return base64.b64decode(json.loads(body)["predictions"][0]["b64"])

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()


@dataclass(slots=True)
class Tally:
    """What the clients were answered.

    Attributes:
        codes: Answers by HTTP code, and "broken" connections.
        versions: Images by the version that restored them.
        seconds: Of each image that was restored.
    """

    codes: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


@contextmanager
def clients(count: int, host: str, port: int, image: bytes) -> Iterator[Tally]:
    """Has clients send an image again and again while the context lasts, and waits for their last answers at its end.

    Who is told to try again later does so; each answer counts.

    Args:
        count: How many there are.
        host: Of the server.
        port: Of the server.
        image: PNG or JPEG.
    """
    tally, stop, lock = Tally(), threading.Event(), threading.Lock()

    def work() -> None:
        client = Client(host, port)
        while not stop.is_set():
            start = time.monotonic()
            try:
                answer, _ = client.post("/restore", image)
            except (OSError, http.client.HTTPException) as error:
                client.close()
                with lock:
                    tally.codes[f"broken: {type(error).__name__}"] += 1
                continue
            with lock:
                tally.codes[str(answer.status)] += 1
                if answer.status == http.HTTPStatus.OK:
                    tally.versions[answer.headers[VERSION_HEADER]] += 1
                    tally.seconds.append(time.monotonic() - start)
            stop.wait(float(answer.headers.get("Retry-After", 0)))
        client.close()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield tally
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def resident(pid: int) -> float:
    """Returns the memory that a process holds, MiB."""
    return float(psutil.Process(pid).memory_info().rss / MEBIBYTE)


@contextmanager
def peak_of(pid: int) -> Iterator[list[float]]:
    """Samples a process's memory while the context lasts; the list holds the peak at its end, MiB."""
    peak, stop = [resident(pid)], threading.Event()

    def look() -> None:
        while not stop.wait(_SAMPLE_SECONDS):
            peak[0] = max(peak[0], resident(pid))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()
