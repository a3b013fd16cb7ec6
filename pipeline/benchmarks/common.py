"""Shared by the benchmarks: command line, description of the machine, timing, phases in their own processes, tables, JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

from data.storage.files import write_whole

AST_RESTORE = (sys.executable, "-c", "from pipeline.commands.cli import main; main()")
"""The command `ast-restore` of the source tree that is imported, for a process of its own."""

_LIBRARIES = ("tfx", "tensorflow", "numpy")
_CPU_INFO = Path("/proc/cpuinfo")


def command_line(doc: str | None) -> argparse.ArgumentParser:
    """Returns a parser with the option `--json`, whose help text is the docstring of the benchmark's module.

    Args:
        doc: The module's `__doc__`.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the result to this file")
    return parser


def machine() -> dict[str, str | int | float]:
    """Returns what a figure depends on beside the code: processor, cores, load and the versions of the libraries."""
    return {
        "processor": _processor(),
        "cores": _cores(),
        "load_average": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{name: _version(name) for name in _LIBRARIES},
    }


def write_result(path: Path | None, result: Mapping[str, object]) -> None:
    """Writes a result as JSON with the command line, the date and the machine; without a path, does nothing.

    Args:
        path: The file to write, the value of `--json`.
        result: Plain JSON values by name.
    """
    if path is None:
        return
    about = {
        "command": " ".join((Path(sys.argv[0]).name, *sys.argv[1:])),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(),
    }
    write_whole(path, json.dumps({**about, **result}, indent=1) + "\n")


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Returns a Markdown table with padded cells; columns of numbers are aligned to the right.

    Args:
        header: Names of the columns.
        rows: Cells of each row; a float is shown with three significant digits, or as a whole number from 100 on.
    """
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    is_number = [all(_is_number(row[column]) for row in cells[1:]) for column in range(len(header))]
    rule = ["-" * (width - 1) + ":" if right else "-" * width for width, right in zip(widths, is_number, strict=True)]
    padded = [
        [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, is_number, strict=True)
        ]
        for row in cells
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (padded[0], rule, *padded[1:]))


def seconds_of(call: Callable[[], object]) -> float:
    """Calls a function once and returns the wall time in seconds."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    """Measures the wall time of a context; yields a function that returns its seconds once the context has ended."""
    start, seconds = time.perf_counter(), 0.0
    yield lambda: seconds
    seconds = time.perf_counter() - start


def in_turns(calls: Mapping[str, Callable[[], object]], rounds: int, warm_up: int = 0) -> dict[str, list[float]]:
    """Times functions in turns, round by round, so that a change in the machine's load meets all of them.

    Args:
        calls: The functions by name.
        rounds: Rounds that count.
        warm_up: Rounds before them that do not.

    Returns:
        Seconds of each round, by name.
    """
    timed = [{name: seconds_of(call) for name, call in calls.items()} for _ in range(warm_up + rounds)][warm_up:]
    return {name: [seconds[name] for seconds in timed] for name in calls}


def peak_mib() -> float:
    """Returns the largest resident memory of this process so far, in MiB."""
    # Linux counts in KiB, macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if platform.system() == "Darwin" else 2**10)


def add_phase_options(parser: argparse.ArgumentParser, phases: Iterable[str]) -> None:
    """Adds the hidden options with which a benchmark runs one of its phases in a process of its own.

    Args:
        parser: The benchmark's parser.
        phases: Names of the phases.
    """
    parser.add_argument("--phase", choices=tuple(phases), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)


def run_phase(module: str, phase: str, folder: Path, *options: object) -> dict[str, float]:
    """Runs a phase of a benchmark in a process of its own, so that its peak memory is its own.

    Args:
        module: The benchmark, such as `pipeline.benchmarks.evaluation`.
        phase: Name of the phase.
        folder: Folder that the phases share.
        *options: Further options of the benchmark.

    Returns:
        The figures that the phase prints as JSON in its last line.

    Raises:
        RuntimeError: The phase failed.
    """
    command = [sys.executable, "-m", module, "--phase", phase, "--folder", str(folder), *map(str, options)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode != 0:
        raise RuntimeError(f"{phase} failed: {process.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(process.stdout.strip().rsplit("\n", 1)[-1])
    return figures


def _processor() -> str:
    lines = _CPU_INFO.read_text(encoding="utf-8").splitlines() if _CPU_INFO.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _cores() -> int:
    """Returns the number of cores that this process may use; macOS cannot restrict it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def _is_number(cell: str) -> bool:
    """Returns whether a cell is a number, perhaps with a sign or a percent sign, or empty."""
    return not cell or cell.lstrip("+-").rstrip("%").replace(".", "", 1).replace(",", "").isdigit()
