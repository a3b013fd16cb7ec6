"""How much memory `ast-restore data check` needs as a set grows.

    python -m pipeline.benchmarks.pair_validator_memory [250 1000 4000]

Draws that many pairs of 160x120, checks each set in a process of its own, and prints JSON: pairs, peak resident memory of that
process
in MiB, seconds, verdicts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

COUNTS = (250, 1000, 4000)
_SIZE = (120, 160)
_STREAKS = 0.01


def write_pairs(folder: Path, count: int) -> None:
    """Draws smooth random scenes and streaks on them, as PNG files in `input` and `target`.

    Args:
        folder: Where to.
        count: How many.
    """
    for side in ("input", "target"):
        (folder / side).mkdir(parents=True)
    for number in range(count):
        draw = np.random.default_rng(number)
        coarse = draw.integers(20, 235, (_SIZE[0] // 5, _SIZE[1] // 5, 3), dtype=np.uint8)
        clean = cv2.resize(coarse, _SIZE[::-1], interpolation=cv2.INTER_CUBIC)
        drops = (draw.random(_SIZE) < _STREAKS).astype(np.uint8)
        streaks = cv2.dilate(drops, np.ones((9, 1), np.uint8))[..., None]
        rainy = np.where(streaks, np.maximum(clean, 200), clean)
        for side, image in (("input", rainy), ("target", clean)):
            cv2.imwrite(str(folder / side / f"{number:05d}.png"), image)


def check(folder: Path) -> dict[str, Any]:
    """Checks a folder in a process of its own and returns its peak memory, time and verdicts."""
    verdicts = folder / "verdicts.jsonl"
    command = [
        str(Path(sys.executable).with_name("ast-restore")),
        "data",
        "check",
        str(folder),
        "--layout",
        "same-name",
    ]
    started = time.monotonic()
    process = subprocess.Popen([*command, "--json", str(verdicts)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read() if process.stderr else b""
    _, _, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    if not verdicts.is_file():
        raise RuntimeError(f"data check failed: {said.decode(errors='replace')[-2000:]}")
    lines = [json.loads(line) for line in verdicts.read_text(encoding="utf-8").splitlines()]
    return {
        "pairs": len(lines),
        "peak_mib": round(used.ru_maxrss / 1024),  # Linux counts in kilobytes
        "seconds": round(seconds, 1),
        "ok": sum(line["verdict"] == "ok" for line in lines),
    }


def main() -> None:
    """Runs the benchmark."""
    for count in [int(argument) for argument in sys.argv[1:]] or COUNTS:
        with tempfile.TemporaryDirectory() as folder:
            write_pairs(Path(folder), count)
            print(json.dumps(check(Path(folder))), flush=True)


if __name__ == "__main__":
    main()
