"""Measures the server: round trips, load, reloads under load, and a large image.

    python -m pipeline.benchmarks.serving [--model DIR] [--seconds 60] [--clients 50] [--json FILE]

Starts `ast-restore serve` and measures the rate of REST round trips beside that of the SavedModel alone, many clients with the
server's memory before and after, versions pushed under load, and an image of 24 megapixels.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from pathlib import Path

from PIL import Image

from components.production import registry
from data.synthesis.synthesize import embedded_photos
from model_code.network import build
from model_code.saved_model.export import save_restorer
from model_code.saved_model.loading import load_restorer
from pipeline.benchmarks.common import command_line, in_turns, table, write_result
from pipeline.benchmarks.serving.load_generator import Client, clients, peak_of, resident
from pipeline.benchmarks.serving.server_process import ServerProcess, server_process
from pipeline.serving.settings import ServeSettings

_SIZE = (480, 320)
SMALL = (240, 160)
"""Width and height of the load's images."""

_LARGE = (6000, 4000)
_ROUNDS = 9
_CALLS = 4
_PUSHES = 4
# Fewer than the queue admits, so that every refused request was lost to a reload.
_RELOAD_CLIENTS = 8


def untrained(folder: Path) -> Path:
    """Writes the SavedModel of an untrained micro8 to a folder; returns the folder."""
    network = build.build("micro8", img_size=64, seed=0)
    save_restorer(lambda images: network(images, training=False), folder, network.variables)
    return folder


def wait_until_served(server: ServerProcess) -> None:
    """Waits until a server restores images."""
    client = Client(server.host, server.port)
    while client.post("/restore", photo((64, 64)))[0].status != 200:
        time.sleep(0.2)


def photo(size: tuple[int, int], kind: str = "PNG") -> bytes:
    """Returns one of the embedded photographs as a file, resized to (width, height)."""
    with Image.open(sorted(embedded_photos().glob("*.jpg"))[0]) as photo:
        buffer = io.BytesIO()
        photo.convert("RGB").resize(size).save(buffer, kind)
    return buffer.getvalue()


def _rates(server: ServerProcess, model: Path) -> dict[str, object]:
    """Measures calls of the SavedModel alone and REST round trips, in turns; each round gives one ratio."""
    restorer, client, image = load_restorer(model), Client(server.host, server.port), photo(_SIZE)

    def call_model() -> None:
        for _ in range(_CALLS):
            restorer.restore_encoded([image])

    def call_server() -> None:
        for _ in range(_CALLS):
            client.predict(image)

    seconds = in_turns({"model": call_model, "server": call_server}, _ROUNDS, warm_up=1)
    ratios = [alone / rest for alone, rest in zip(seconds["model"], seconds["server"], strict=True)]
    return {
        "bare_per_second": round(_CALLS / statistics.median(seconds["model"]), 3),
        "rest_per_second": round(_CALLS / statistics.median(seconds["server"]), 3),
        "median_ratio": round(statistics.median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
    }


def _load(server: ServerProcess, seconds: float, count: int) -> dict[str, object]:
    image, pid = photo(SMALL), server.process.pid
    with clients(
        count, server.host, server.port, image
    ):  # the first load allocates buffers and threads; that is not a leak
        time.sleep(min(10.0, seconds))
    before = resident(pid)
    with peak_of(pid) as peak, clients(count, server.host, server.port, image) as answers:
        time.sleep(seconds)
    return {
        "clients": count,
        "seconds": seconds,
        "queue": ServeSettings().queue,
        "codes": dict(answers.codes),
        "images_per_second": round(answers.codes["200"] / seconds, 2),
        "median_seconds": round(statistics.median(answers.seconds), 2),
        "mib": {"before": round(before), "peak": round(peak[0]), "after": round(resident(pid))},
    }


def _reload(server: ServerProcess, seconds: float, model: Path, models: Path) -> dict[str, object]:
    before = resident(server.process.pid)
    with clients(_RELOAD_CLIENTS, server.host, server.port, photo(SMALL)) as answers:
        for _ in range(_PUSHES):
            time.sleep(seconds / (_PUSHES + 1))
            pushed = registry.push(model, models, "benchmark")
        while not answers.versions[str(pushed.number)]:
            time.sleep(0.1)
        time.sleep(seconds / (_PUSHES + 1))
    return {
        "clients": _RELOAD_CLIENTS,
        "pushed": _PUSHES,
        "codes": dict(answers.codes),
        "failed": sum(count for code, count in answers.codes.items() if code != "200"),
        "images_by_version": dict(answers.versions),
        "mib": {"before": round(before), "after": round(resident(server.process.pid))},
    }


def _large(server: ServerProcess) -> dict[str, object]:
    image, pid = photo(_LARGE, "JPEG"), server.process.pid
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


def measure(model: Path | None, seconds: float, count: int) -> dict[str, dict[str, object]]:
    """Measures a server in a process of its own.

    Args:
        model: Folder of a SavedModel; None for an untrained micro8.
        seconds: Duration of the load, and of the load during reloads.
        count: Number of clients of the load.

    Returns:
        The figures of `rates`, `load`, `reload` and `large`, as plain JSON values.
    """
    with tempfile.TemporaryDirectory() as folder:
        model = model or untrained(Path(folder) / "micro8")
        models = Path(folder) / "models"
        registry.push(model, models, "benchmark")
        with server_process("--models", models) as server:
            wait_until_served(server)
            return {
                "rates": _rates(server, model),
                "load": _load(server, seconds, count),
                "reload": _reload(server, seconds, model, models),
                "large": _large(server),
            }


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument("--model", type=Path, help="folder of a SavedModel; default: an untrained micro8")
    parser.add_argument("--seconds", type=float, default=60.0, help="duration of each load; default: 60")
    parser.add_argument("--clients", type=int, default=50, help="number of clients of the load; default: 50")
    return parser.parse_args()


def main() -> None:
    """Runs the benchmark."""
    options = _options()
    parts = measure(options.model, options.seconds, options.clients)
    rows = [(part, name, str(value)) for part, figures in parts.items() for name, value in figures.items()]
    print(table(("part", "figure", "value"), rows))
    write_result(options.json, parts)


if __name__ == "__main__":
    main()
