"""Fuzzes the targets one after the other and lists what was found.

python -m tests.fuzz [NAME ...] [--seconds 300] [--findings FOLDER]

Each target runs in a process of its own (`engine`), guided by coverage (atheris). Inputs that a reader does not refuse as it
should are kept in FOLDER/NAME, and the exit code is then 1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz import frame

_PROJECT = Path(__file__).resolve().parents[2]
# Starting, importing TensorFlow, and the slowest input.
_SPARE_SECONDS = 300


def _fuzz(name: str, seconds: int, findings: Path) -> bool:
    """Runs one target; returns whether nothing was found."""
    folder = findings / name
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        corpus = Path(temporary, "corpus")  # the engine puts its dictionary beside it
        corpus.mkdir()
        command = [sys.executable, "-m", "tests.fuzz.engine", name, str(folder), str(corpus), str(seconds)]
        print(f"{name}: {seconds} s ...", flush=True)
        done = subprocess.run(command, cwd=_PROJECT, timeout=seconds + _SPARE_SECONDS, check=False)
    found = sorted(path.name for path in folder.iterdir() if path.suffix != ".txt")
    print(f"{name}: {len(found)} findings{''.join(f'{chr(10)}  {folder / file}' for file in found)}", flush=True)
    return done.returncode == 0 and not found


def main() -> int:
    """Fuzzes; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"targets; default: all of {', '.join(frame.names())}")
    parser.add_argument("--seconds", type=int, default=300, help="seconds for each target; default: 300")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"), help="folder of what was found")
    options = parser.parse_args()
    unknown = set(options.names) - set(frame.names())
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(frame.names())}")
    results = [_fuzz(name, options.seconds, options.findings.resolve()) for name in options.names or frame.names()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
