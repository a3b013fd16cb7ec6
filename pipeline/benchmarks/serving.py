"""What the server costs: `python -m pipeline.benchmarks.serving [--model DIR] [--seconds 60] [--clients 50]`.

Prints JSON: the rate of REST round trips beside that of the bare SavedModel, many clients for a while with the server's memory
before and after, versions pushed under load, and an image of 24 megapixels.
"""

from __future__ import annotations

import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from PIL import Image

from components.production import registry
from data.synthesis.synthesize import embedded_photos
from model_code.network import build
from model_code.saved_model.export import load_restorer, save_restorer
from pipeline.benchmarks.load_generator import Client, clients, peak_of, resident
from pipeline.benchmarks.server_process import ServerProcess, server_process
from pipeline.serving.settings import ServeSettings

_SIZE = (480, 320)
_SMALL = (240, 160)
_LARGE = (6000, 4000)
_ROUNDS = 9
_CALLS = 4
_PUSHES = 4
# Fewer than the queue holds: whoever is refused then was lost to the reload and not to the queue.
_RELOAD_CLIENTS = 8


@click.command()
@click.option("--model", type=click.Path(path_type=Path), help="Folder of a SavedModel. Default: an untrained micro8.")
@click.option("--seconds", type=float, default=60.0, show_default=True, help="Of the load, and of that with reloads.")
@click.option("--clients", "count", type=int, default=50, show_default=True, help="At a time.")
def main(model: Path | None, seconds: float, count: int) -> None:
    """Measure the server on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        model = model or _untrained(Path(folder) / "micro8")
        models = Path(folder) / "models"
        registry.push(model, models, "benchmark")
        with server_process("--models", models) as server:
            _until_served(server)
            measured = {
                "rates": _rates(server, model),
                "load": _load(server, seconds, count),
                "reload": _reload(server, seconds, model, models),
                "large": _large(server),
            }
    click.echo(json.dumps(measured, indent=1))


def _untrained(folder: Path) -> Path:
    network = build.build("micro8", img_size=64, seed=0)
    save_restorer(lambda images: network(images, training=False), folder, network.variables)
    return folder


def _until_served(server: ServerProcess) -> None:
    client = Client(server.host, server.port)
    while client.post("/restore", _photo((64, 64)))[0].status != 200:
        time.sleep(0.2)


def _photo(size: tuple[int, int], kind: str = "PNG") -> bytes:
    """Returns one of the project's photographs as a file of a size (width, height)."""
    with Image.open(sorted(embedded_photos().glob("*.jpg"))[0]) as photo:
        buffer = io.BytesIO()
        photo.convert("RGB").resize(size).save(buffer, kind)
    return buffer.getvalue()


def _rates(server: ServerProcess, model: Path) -> dict[str, Any]:
    """Both in turn, so that what else the machine does meets both; each round gives one ratio."""
    restorer, client, image = load_restorer(model), Client(server.host, server.port), _photo(_SIZE)

    def bare() -> None:
        restorer.restore_encoded([image])

    def rest() -> None:
        client.predict(image)

    rounds = [(_rate(bare), _rate(rest)) for _ in range(1 + _ROUNDS)][1:]
    return {
        "bare_per_second": round(statistics.median(one for one, _ in rounds), 3),
        "rest_per_second": round(statistics.median(other for _, other in rounds), 3),
        "median_ratio": round(statistics.median(other / one for one, other in rounds), 3),
        "ratios": [round(other / one, 3) for one, other in rounds],
    }


def _rate(call: Callable[[], None]) -> float:
    start = time.perf_counter()
    for _ in range(_CALLS):
        call()
    return _CALLS / (time.perf_counter() - start)


def _load(server: ServerProcess, seconds: float, count: int) -> dict[str, Any]:
    image, pid = _photo(_SMALL), server.process.pid
    with clients(count, server.host, server.port, image):  # buffers and threads that one such load leaves are no leak
        time.sleep(min(10.0, seconds))
    before = resident(pid)
    with peak_of(pid) as peak, clients(count, server.host, server.port, image) as tally:
        time.sleep(seconds)
    return {
        "clients": count,
        "seconds": seconds,
        "queue": ServeSettings().queue,
        "codes": dict(tally.codes),
        "images_per_second": round(tally.codes["200"] / seconds, 2),
        "median_seconds": round(statistics.median(tally.seconds), 2),
        "mib": {"before": round(before), "peak": round(peak[0]), "after": round(resident(pid))},
    }


def _reload(server: ServerProcess, seconds: float, model: Path, models: Path) -> dict[str, Any]:
    before = resident(server.process.pid)
    with clients(_RELOAD_CLIENTS, server.host, server.port, _photo(_SMALL)) as tally:
        for _ in range(_PUSHES):
            time.sleep(seconds / (_PUSHES + 1))
            pushed = registry.push(model, models, "benchmark")
        while not tally.versions[str(pushed.number)]:
            time.sleep(0.1)
        time.sleep(seconds / (_PUSHES + 1))
    return {
        "clients": _RELOAD_CLIENTS,
        "pushed": _PUSHES,
        "codes": dict(tally.codes),
        "failed": sum(count for code, count in tally.codes.items() if code != "200"),
        "images_by_version": dict(tally.versions),
        "mib": {"before": round(before), "after": round(resident(server.process.pid))},
    }


def _large(server: ServerProcess) -> dict[str, Any]:
    image, pid = _photo(_LARGE, "JPEG"), server.process.pid
    before, start = resident(pid), time.monotonic()
    with peak_of(pid) as peak:
        answer, body = Client(server.host, server.port).post("/restore", image)
    with Image.open(io.BytesIO(body)) as restored:
        size = restored.size
    return {
        "status": answer.status,
        "width": size[0],
        "height": size[1],
        "seconds": round(time.monotonic() - start, 1),
        "mib": {"before": round(before), "peak": round(peak[0])},
    }


if __name__ == "__main__":
    main()
