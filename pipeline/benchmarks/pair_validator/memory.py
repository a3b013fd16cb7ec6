"""Measures the memory of `ast-restore data check` as a data set grows.

    python -m pipeline.benchmarks.pair_validator.memory [--pairs 250 1000 4000] [--json FILE]

Draws pairs of 160x120 pixels and checks each set in a process of its own. The peak memory should not grow with the set.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from pipeline.benchmarks.common import AST_RESTORE, command_line, table, write_result

_COUNTS = (250, 1000, 4000)
_SIZE = (120, 160)
_STREAKS = 0.01


def write_pairs(folder: Path, count: int) -> None:
    """Draws smooth random scenes, and streaks on them, as PNG files in `input` and `target`.

    Args:
        folder: Destination.
        count: Number of pairs.
    """
    for side in ("input", "target"):
        (folder / side).mkdir(parents=True)
    for number in range(count):
        rng = np.random.default_rng(number)
        coarse = rng.integers(20, 235, (_SIZE[0] // 5, _SIZE[1] // 5, 3), dtype=np.uint8)
        clean = cv2.resize(coarse, _SIZE[::-1], interpolation=cv2.INTER_CUBIC)
        drops = (rng.random(_SIZE) < _STREAKS).astype(np.uint8)
        streaks = cv2.dilate(drops, np.ones((9, 1), np.uint8))[..., None]
        rainy = np.where(streaks, np.maximum(clean, 200), clean)
        for side, image in (("input", rainy), ("target", clean)):
            cv2.imwrite(str(folder / side / f"{number:05d}.png"), image)


def check(folder: Path) -> dict[str, float]:
    """Checks a folder in a process of its own.

    Args:
        folder: Folder of `input` and `target`.

    Returns:
        `pairs`, `ok` (pairs that passed), `seconds`, and `peak_mib` of the process.

    Raises:
        RuntimeError: The check failed.
    """
    verdicts = folder / "verdicts.jsonl"
    arguments = ("data", "check", str(folder), "--layout", "same-name", "--json", str(verdicts))
    start = time.monotonic()
    process = subprocess.Popen([*AST_RESTORE, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    messages = process.stderr.read() if process.stderr else b""
    _, _, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if not verdicts.is_file():
        raise RuntimeError(f"data check failed: {messages.decode(errors='replace')[-2000:]}")
    lines = [json.loads(line) for line in verdicts.read_text(encoding="utf-8").splitlines()]
    return {
        "pairs": len(lines),
        "ok": sum(line["verdict"] == "ok" for line in lines),
        "seconds": round(seconds, 1),
        "peak_mib": round(usage.ru_maxrss / 1024),  # Linux counts in KiB
    }


def benchmark(counts: Sequence[int]) -> list[dict[str, float]]:
    """Returns the figures of `check` for sets of so many pairs.

    Args:
        counts: Numbers of pairs.
    """
    figures = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            write_pairs(Path(folder), count)
            figures.append(check(Path(folder)))
    return figures


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument("--pairs", type=int, nargs="+", default=_COUNTS, help="numbers of pairs")
    return parser.parse_args()


def main() -> None:
    """Runs the benchmark."""
    options = _options()
    figures = benchmark(options.pairs)
    print(table(("pairs", "ok", "seconds", "peak MiB"), [tuple(row.values()) for row in figures]))
    write_result(options.json, {"sets": figures})


if __name__ == "__main__":
    main()
