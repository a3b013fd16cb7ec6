"""What `data convert` takes beside merely reading and decoding the same files, and how much memory.

    python -m pipeline.benchmarks.convert [--pairs 4000] [--times 3] [--rounds 3] [--side 512] [--json FILE]

Draws pairs of JPEG files in a temporary folder, then measures in processes of their own, one after the other: reading and
decoding every file once with as many threads as the conversion has, and the conversion. With `--times 3` the same in each round
for three times as many pairs: time should grow in proportion, memory not at all. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from data.image.decoding import Limits
from data.image.files import read_bytes
from data.layouts.layout import same_name
from data.parallel import ordered_map, track, workers
from data.synthesis.synthesize import embedded_photos

_QUALITY = 90


def draw_pairs(folder: Path, pairs: int, side: int) -> None:
    """Writes `input/N.jpg` and `target/N.jpg`: photographs under a colour field that differs from scene to scene, and streaks.

    Args:
        folder: To write into.
        pairs: How many.
        side: Height and width in pixels.
    """
    for name in ("input", "target"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    photos = [cv2.imread(str(path)) for path in sorted(embedded_photos().glob("*.jpg"))]
    write = partial(_draw, folder, [photo for photo in photos if min(photo.shape[:2]) >= side], side)
    for _ in track(ordered_map(write, range(pairs)), pairs, "drawing"):
        pass


def _draw(folder: Path, photos: list[np.ndarray], side: int, number: int) -> None:
    draw = np.random.default_rng(number)
    photo = photos[number % len(photos)]
    top, left = (int(draw.integers(0, length - side + 1)) for length in photo.shape[:2])
    field = cv2.resize(draw.random((6, 6, 3), np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    target = np.uint8(np.clip(0.4 * photo[top : top + side, left : left + side] + 150 * field, 0, 255))
    streaks = cv2.blur((draw.random((side, side), np.float32) > 0.99).astype(np.float32), (1, 15))
    degraded = cv2.add(target, cv2.merge([np.uint8(np.clip(600 * streaks, 0, 160))] * 3))
    for name, image in (("input", degraded), ("target", target)):
        cv2.imwrite(str(folder / name / f"{number}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])


def decode_all(folder: Path, _: Path) -> int:
    """Reads and decodes every file once, as the conversion reads them; returns how many there were."""
    files = sorted(folder.rglob("*.jpg"))

    def look(path: Path) -> None:
        read_bytes(path, path.name, Limits())
        with Image.open(path) as image:
            image.load()

    return sum(1 for _ in ordered_map(look, files))


def convert_all(folder: Path, destination: Path) -> int:
    """Converts the folder; returns the number of files that were read."""
    from data.conversion.request import ConvertRequest
    from data.convert import convert

    return 2 * convert(ConvertRequest(folder, destination, same_name())).pairs


def measured(work: str, folder: Path) -> dict[str, float]:
    """Runs a function of this module in a fresh process; returns seconds, files a second and the peak of its memory in MiB."""
    receive, send = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(work, folder, send))
    process.start()
    result = receive.recv()
    process.join()
    return result


def _work(work: str, folder: Path, send: Any) -> None:
    import data.convert  # noqa: F401  # both are timed without the import of TensorFlow

    with tempfile.TemporaryDirectory(dir=folder.parent) as destination:
        start = time.monotonic()
        files = globals()[work](folder, Path(destination))
        seconds = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    send.send({"seconds": round(seconds, 2), "files_per_second": round(files / seconds, 1), "peak_mib": round(peak)})


def _beside_decoding(source: Path) -> dict[str, dict[str, float]]:
    """Measures both on one set, one after the other."""
    return {"decoding": measured("decode_all", source), "converting": measured("convert_all", source)}


def _summary(rounds: list[dict[int, dict[str, dict[str, float]]]]) -> dict[str, Any]:
    """Returns the rounds by the number of pairs, and medians of their ratios: conversion to decoding, most pairs to least."""
    least, most = min(rounds[0]), max(rounds[0])
    result: dict[str, Any] = {}
    for pairs in rounds[0]:
        shares = [
            it[pairs]["converting"]["files_per_second"] / it[pairs]["decoding"]["files_per_second"] for it in rounds
        ]
        result[str(pairs)] = {
            **{work: [it[pairs][work] for it in rounds] for work in ("decoding", "converting")},
            "median_share_of_decoding": round(statistics.median(shares), 3),
        }
    for work in ("decoding", "converting") if most > least else ():
        grown = [it[most][work]["seconds"] / it[least][work]["seconds"] for it in rounds]
        result[f"median_growth_of_time_{work}"] = round(statistics.median(grown), 3)
    return result


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description="Rate and memory of data convert.")
    parser.add_argument("--pairs", type=int, default=4000)
    parser.add_argument("--times", type=int, default=1, help="also measure so many times as many pairs")
    parser.add_argument("--rounds", type=int, default=3, help="both, one after the other, so many times")
    parser.add_argument("--side", type=int, default=512, help="height and width in pixels")
    parser.add_argument("--json", type=Path, help="write the result here")
    options = parser.parse_args()
    sizes = sorted({options.pairs, options.pairs * options.times})
    with tempfile.TemporaryDirectory() as folder:
        sets = {pairs: Path(folder) / str(pairs) / "set" for pairs in sizes}
        for pairs, source in sets.items():
            draw_pairs(source, pairs, options.side)
        os.sync()  # or the disk is still busy with the drawing while the conversion writes
        # In turns: a machine that others share is not as fast in one minute as in the next.
        rounds = [{pairs: _beside_decoding(source) for pairs, source in sets.items()} for _ in range(options.rounds)]
    result = {"workers": workers(), "side": options.side, **_summary(rounds)}
    text = json.dumps(result, indent=1) + "\n"
    if options.json:
        options.json.write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
