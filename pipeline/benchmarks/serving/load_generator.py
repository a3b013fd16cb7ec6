"""A load generator: clients that send images to a server in parallel and count its answers."""

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

from pipeline.serving.openapi import VERSION_HEADER
from pipeline.serving.settings import MEBIBYTE, MODEL_NAME

_TIMEOUT_SECONDS = 600.0
_SAMPLE_SECONDS = 0.1


class Client:
    """A client with one persistent connection."""

    def __init__(self, host: str, port: int) -> None:
        """Makes a client; it connects with its first request."""
        self._connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)

    def post(self, path: str, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        """Sends a body and returns the answer and its body."""
        self._connection.request("POST", path, body)
        answer = self._connection.getresponse()
        return answer, answer.read()

    def predict(self, encoded: bytes) -> bytes:
        """Restores one image file through TF Serving's API; returns a PNG file."""
        request = {"instances": [{"b64": base64.b64encode(encoded).decode()}]}
        answer, body = self.post(f"/v1/models/{MODEL_NAME}:predict", json.dumps(request).encode())
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{answer.status}: {body[:200]!r}")
        return base64.b64decode(json.loads(body)["predictions"][0]["b64"])

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()


@dataclass(slots=True)
class LoadStatistics:
    """Counts of the server's answers.

    Attributes:
        codes: Answers by HTTP status code, and broken connections by error.
        versions: Restored images by model version.
        seconds: Latency of each restored image.
    """

    codes: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, code: str, version: str | None = None, seconds: float = 0.0) -> None:
        """Counts an answer; safe to call from several threads.

        Args:
            code: HTTP status code, or the error of a broken connection.
            version: Version of the model that restored the image; None if it was not restored.
            seconds: Latency of the answer.
        """
        with self._lock:
            self.codes[code] += 1
            if version is not None:
                self.versions[version] += 1
                self.seconds.append(seconds)


@contextmanager
def clients(count: int, host: str, port: int, image: bytes) -> Iterator[LoadStatistics]:
    """Runs clients that send an image again and again while the context lasts; waits for the last answers at its end.

    A client obeys `Retry-After`; each answer counts.

    Args:
        count: Number of clients.
        host: Host of the server.
        port: Port of the server.
        image: A PNG or JPEG file.
    """
    statistics, stop = LoadStatistics(), threading.Event()
    senders = [(Client(host, port), image, statistics, stop) for _ in range(count)]
    threads = [threading.Thread(target=_send_until, args=arguments, daemon=True) for arguments in senders]
    for thread in threads:
        thread.start()
    try:
        yield statistics
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _send_until(client: Client, image: bytes, statistics: LoadStatistics, stop: threading.Event) -> None:
    while not stop.is_set():
        start = time.monotonic()
        try:
            answer, _ = client.post("/restore", image)
        except (OSError, http.client.HTTPException) as error:
            client.close()
            statistics.count(f"broken: {type(error).__name__}")
            continue
        version = answer.headers[VERSION_HEADER] if answer.status == http.HTTPStatus.OK else None
        statistics.count(str(answer.status), version, time.monotonic() - start)
        stop.wait(float(answer.headers.get("Retry-After", 0)))
    client.close()


def resident(pid: int) -> float:
    """Returns the resident memory of a process in MiB."""
    return float(psutil.Process(pid).memory_info().rss / MEBIBYTE)


@contextmanager
def peak_of(pid: int) -> Iterator[list[float]]:
    """Samples the resident memory of a process while the context lasts; the one item of the list is the peak in MiB."""
    peak, stop = [resident(pid)], threading.Event()

    def sample_until_stopped() -> None:
        while not stop.wait(_SAMPLE_SECONDS):
            peak[0] = max(peak[0], resident(pid))

    thread = threading.Thread(target=sample_until_stopped, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()
