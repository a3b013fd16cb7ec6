"""Measures the server's two service levels under a mixed load of good and hostile clients, while versions are pushed.

    python -m pipeline.benchmarks.serving.levels [--model DIR] [--seconds 120] [--clients 4] [--json FILE]

1. Of the requests for /healthz, one every 0.1 s on a connection of its own, 99 % are answered within a second.
2. Of the good clients' images, 99 % are restored within a minute, with Retry-After obeyed.

Beside these it prints answers by code, the memory, and how long the queue takes to empty. The exit code is 1 if a level is
missed.
"""

from __future__ import annotations

import http.client
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from components.production import registry
from pipeline.benchmarks.common import command_line, table, write_result
from pipeline.benchmarks.serving.__main__ import SMALL, photo, untrained, wait_until_served
from pipeline.benchmarks.serving.hostile_clients import attacks, hostile_clients
from pipeline.benchmarks.serving.load_generator import Client, peak_of, resident
from pipeline.benchmarks.serving.server_process import ServerProcess, server_process

HEALTH_SECONDS = 1.0
"""Level 1: seconds within which 99 % of the requests for /healthz are answered."""

IMAGE_SECONDS = 60.0
"""Level 2: seconds within which 99 % of the good clients' images are restored."""

LEAST_SHARE = 0.99
"""Share of the requests for which a level has to hold."""

_PROBE_SECONDS = 0.1
_PUSHES = 4
_IN_FLIGHT = "ast_restore_in_flight_images "


@dataclass(slots=True)
class Seen:
    """What the good clients saw.

    Attributes:
        health: Seconds until /healthz answered; infinite where it did not.
        images: Seconds until each image was restored, all tries included.
        codes: All answers to images by status code, and broken connections by error.
    """

    health: list[float] = field(default_factory=list)
    images: list[float] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)

    def shares(self) -> dict[str, float]:
        """Returns the share of requests within each level's time."""
        return {
            "healthz": float(np.mean(np.array(self.health) <= HEALTH_SECONDS)),
            "images": float(np.mean(np.array(self.images) <= IMAGE_SECONDS)),
        }


def _probe(server: ServerProcess, seen: Seen, stop: threading.Event) -> None:
    while not stop.wait(_PROBE_SECONDS):
        start = time.monotonic()
        connection = http.client.HTTPConnection(server.host, server.port, timeout=IMAGE_SECONDS)
        try:
            connection.request("GET", "/healthz")
            is_healthy = connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            is_healthy = False
        finally:
            connection.close()
        seen.health.append(time.monotonic() - start if is_healthy else float("inf"))


def _send(server: ServerProcess, image: bytes, seen: Seen, stop: threading.Event) -> None:
    client = Client(server.host, server.port)
    while not stop.is_set():
        start, code = time.monotonic(), ""
        while code != "200" and time.monotonic() - start <= IMAGE_SECONDS:
            try:
                answer, _ = client.post("/restore", image)
                code, wait = str(answer.status), float(answer.headers.get("Retry-After", 0))
            except (OSError, http.client.HTTPException) as error:
                client.close()
                code, wait = f"broken: {type(error).__name__}", 1.0
            seen.codes[code] += 1
            if code != "200" and stop.wait(wait):
                return  # neither restored nor late
        seen.images.append(time.monotonic() - start if code == "200" else float("inf"))
    client.close()


@contextmanager
def _good_clients(server: ServerProcess, count: int) -> Iterator[Seen]:
    seen, stop, image = Seen(), threading.Event(), photo(SMALL)
    threads = [threading.Thread(target=_probe, args=(server, seen, stop), daemon=True)]
    threads += [threading.Thread(target=_send, args=(server, image, seen, stop), daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _in_flight(server: ServerProcess) -> float:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=IMAGE_SECONDS)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return float(next(line for line in lines if line.startswith(_IN_FLIGHT)).split()[-1])


def _seconds_until_empty(server: ServerProcess) -> float:
    start = time.monotonic()
    while _in_flight(server) and time.monotonic() - start < 2 * IMAGE_SECONDS:
        time.sleep(_PROBE_SECONDS)
    return time.monotonic() - start


def _quantiles(seconds: list[float]) -> dict[str, float]:
    return {name: round(float(np.quantile(seconds, q)), 3) for name, q in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))}


def measure(model: Path | None, seconds: float, count: int) -> dict[str, object]:
    """Measures a server in a process of its own.

    Args:
        model: Folder of a SavedModel; None for an untrained micro8.
        seconds: Duration of the load.
        count: Number of good clients.

    Returns:
        The figures, as plain JSON values.
    """
    kinds = attacks()
    with tempfile.TemporaryDirectory() as folder:
        model = model or untrained(Path(folder) / "micro8")
        models = Path(folder) / "models"
        registry.push(model, models, "benchmark")
        with server_process("--models", models) as server:
            wait_until_served(server)
            pid = server.process.pid
            before = resident(pid)
            hostile = hostile_clients(server.host, server.port, kinds)
            with peak_of(pid) as peak, _good_clients(server, count) as seen, hostile as attempts:
                for _ in range(_PUSHES):
                    time.sleep(seconds / (_PUSHES + 1))
                    registry.push(model, models, "benchmark")
                time.sleep(seconds / (_PUSHES + 1))
            shares = seen.shares()
            return {
                "share of /healthz within 1 s": round(shares["healthz"], 4),
                "share of images within 60 s": round(shares["images"], 4),
                "is met": all(share >= LEAST_SHARE for share in shares.values()),
                "/healthz seconds": _quantiles(seen.health),
                "image seconds": _quantiles(seen.images),
                "answers to images": dict(seen.codes),
                "attempts of hostile clients": dict(attempts),
                "seconds until the queue is empty": round(_seconds_until_empty(server), 1),
                "MiB": {"before": round(before), "peak": round(peak[0]), "after": round(resident(pid))},
                "tracebacks in the log": sum("Traceback" in line for line in server.log),
            }


def main() -> int:
    """Runs the benchmark; returns the exit code."""
    parser = command_line(__doc__)
    parser.add_argument("--model", type=Path, help="folder of a SavedModel; default: an untrained micro8")
    parser.add_argument("--seconds", type=float, default=120.0, help="duration of the load; default: 120")
    parser.add_argument("--clients", type=int, default=4, help="number of good clients; default: 4")
    options = parser.parse_args()
    figures = measure(options.model, options.seconds, options.clients)
    print(table(("figure", "value"), [(name, str(value)) for name, value in figures.items()]))
    write_result(options.json, figures)
    return 0 if figures["is met"] else 1


if __name__ == "__main__":
    sys.exit(main())
