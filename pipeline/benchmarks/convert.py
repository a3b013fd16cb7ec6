"""Measures time and memory of `data convert` beside reading and decoding the same files.

    python -m pipeline.benchmarks.convert [--pairs 4000] [--times 3] [--rounds 3] [--side 512] [--json FILE]

Draws pairs of JPEG files in a temporary folder. Then measures, each in a process of its own and in turns: reading and decoding
every file once with as many threads as the conversion uses, and the conversion. `--times 3` measures three times as many
pairs as well: the time should grow in proportion, the memory not at all.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from data.image.arrays import ImageU8
from data.image.codec.decoding import Limits
from data.image.codec.files import read_bytes
from data.layouts.layout import same_name
from data.parallel import ordered_map, track, workers
from data.synthesis.synthesize import embedded_photos
from pipeline.benchmarks.common import add_phase_options, command_line, peak_mib, run_phase, table, write_result

_QUALITY = 90
_FIGURES = ("seconds", "files_per_second", "peak_mib")

Figures = Mapping[str, float]
"""seconds, files_per_second and peak_mib of one phase."""
Round = Mapping[int, Mapping[str, Figures]]
"""The figures by number of pairs and by phase."""


def draw_pairs(folder: Path, pairs: int, side: int) -> None:
    """Writes `input/N.jpg` and `target/N.jpg`: photographs under a colour field that differs from scene to scene, and streaks.

    Args:
        folder: Destination.
        pairs: Number of pairs.
        side: Height and width in pixels.
    """
    for name in ("input", "target"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    photos = [cv2.imread(str(path)) for path in sorted(embedded_photos().glob("*.jpg"))]
    write = partial(_draw, folder, [photo for photo in photos if min(photo.shape[:2]) >= side], side)
    for _ in track(ordered_map(write, range(pairs)), pairs, "drawing"):
        pass


def _draw(folder: Path, photos: Sequence[ImageU8], side: int, number: int) -> None:
    rng = np.random.default_rng(number)
    photo = photos[number % len(photos)]
    top, left = (int(rng.integers(0, length - side + 1)) for length in photo.shape[:2])
    field = cv2.resize(rng.random((6, 6, 3), np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    target = np.uint8(np.clip(0.4 * photo[top : top + side, left : left + side] + 150 * field, 0, 255))
    streaks = cv2.blur((rng.random((side, side), np.float32) > 0.99).astype(np.float32), (1, 15))
    degraded = cv2.add(target, cv2.merge([np.uint8(np.clip(600 * streaks, 0, 160))] * 3))
    for name, image in (("input", degraded), ("target", target)):
        cv2.imwrite(str(folder / name / f"{number}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])


def decode_all(folder: Path, _: Path) -> int:
    """Reads and decodes every file once, as the conversion reads them; returns the number of files."""
    files = sorted(folder.rglob("*.jpg"))

    def decode(path: Path) -> None:
        read_bytes(path, path.name, Limits())
        with Image.open(path) as image:
            image.load()

    return sum(1 for _ in ordered_map(decode, files))


def convert_all(folder: Path, destination: Path) -> int:
    """Converts the folder; returns the number of files."""
    from data.conversion.request import ConvertRequest
    from data.convert import convert

    return 2 * convert(ConvertRequest(folder, destination, same_name())).pairs


_PHASES: dict[str, Callable[[Path, Path], int]] = {"decoding": decode_all, "converting": convert_all}


def _measure_phase(phase: str, folder: Path) -> dict[str, float]:
    import data.convert  # noqa: F401  # so that neither phase is timed with the import of TensorFlow

    with tempfile.TemporaryDirectory(dir=folder.parent) as destination:
        start = time.monotonic()
        files = _PHASES[phase](folder, Path(destination))
        seconds = time.monotonic() - start
    return {
        "seconds": round(seconds, 2),
        "files_per_second": round(files / seconds, 1),
        "peak_mib": round(peak_mib()),
    }


def _measure_round(sources: Mapping[int, Path]) -> Round:
    return {
        pairs: {phase: run_phase("pipeline.benchmarks.convert", phase, source) for phase in _PHASES}
        for pairs, source in sources.items()
    }


def _medians(rounds: Sequence[Round]) -> dict[str, float]:
    """Returns the median rate of converting relative to decoding, and how times grow from the fewest pairs to the most."""
    least, most = min(rounds[0]), max(rounds[0])
    shares = {
        f"rate relative to decoding, {pairs} pairs": [
            turn[pairs]["converting"]["files_per_second"] / turn[pairs]["decoding"]["files_per_second"]
            for turn in rounds
        ]
        for pairs in rounds[0]
    }
    growths = {
        f"growth of time, {phase}": [turn[most][phase]["seconds"] / turn[least][phase]["seconds"] for turn in rounds]
        for phase in (_PHASES if most > least else ())
    }
    return {name: round(statistics.median(values), 3) for name, values in (shares | growths).items()}


def _rows(rounds: Sequence[Round]) -> list[list[object]]:
    """Returns a row for each phase and number of pairs: the medians of its figures."""
    return [
        [phase, pairs, *(statistics.median(turn[pairs][phase][key] for turn in rounds) for key in _FIGURES)]
        for pairs in rounds[0]
        for phase in _PHASES
    ]


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument("--pairs", type=int, default=4000, help="number of pairs; default: 4000")
    parser.add_argument("--times", type=int, default=1, help="also measure so many times as many pairs; default: 1")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each, in turns; default: 3")
    parser.add_argument("--side", type=int, default=512, help="height and width in pixels; default: 512")
    add_phase_options(parser, _PHASES)
    return parser.parse_args()


def main() -> None:
    """Runs the benchmark, or one phase of it."""
    options = _options()
    if options.phase:
        print(json.dumps(_measure_phase(options.phase, options.folder)))
        return
    sizes = sorted({options.pairs, options.pairs * options.times})
    with tempfile.TemporaryDirectory() as folder:
        sources = {pairs: Path(folder) / str(pairs) / "set" for pairs in sizes}
        for pairs, source in sources.items():
            draw_pairs(source, pairs, options.side)
        os.sync()  # or the disk still writes the drawings during the first conversion
        # In turns, as a shared machine is not equally fast from one minute to the next.
        rounds = [_measure_round(sources) for _ in range(options.rounds)]
    medians = _medians(rounds)
    print(table(("phase", "pairs", "seconds", "files per second", "peak MiB"), _rows(rounds)))
    print("\n" + table(("ratio", "median"), list(medians.items())))
    write_result(options.json, {"workers": workers(), "side": options.side, "medians": medians, "rounds": rounds})


if __name__ == "__main__":
    main()
