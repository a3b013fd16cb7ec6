"""A run of the tiny configuration on the cluster of `cluster.sh`, and what the cluster says of it.

tests/pipeline/beam/cluster.sh ENGINE WORKSPACE python -m tests.pipeline.beam.story WORKSPACE [--kill-at COMPONENT] [SETTING...]

Writes WORKSPACE/cluster/story.json: `jobs` with the `state` and the `hosts` of each, and `runs`, each with `code`, `stdout` and
`stderr` of `ast-restore run`, its `seconds`, and `killed`, the host that was killed while it ran a job of a component. After
such a run there is another one, with the host that is left.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

TINY = Path(__file__).parents[1] / "tiny.yaml"
_SECONDS = 2400


def engine() -> ModuleType:
    """Returns the module of the engine that the cluster runs: its functions `jobs` and `working`."""
    return importlib.import_module(f"tests.pipeline.beam.{os.environ['BEAM_ENGINE']}")


def kill_at(component: str, screen: Path, folder: Path) -> str:
    """Waits until the first worker of a component's job works, kills the worker's host, and returns its name."""
    _wait_for(lambda: f"] {component} ..." in screen.read_text())
    return kill_first_worker(folder)


def kill_first_worker(folder: Path) -> str:
    """Waits until one more worker works, kills the worker's host, and returns its name."""
    working = engine().working
    before = len(working(folder))
    _wait_for(lambda: len(working(folder)) > before)
    host = working(folder)[before]
    os.kill(int((folder / f"{host}.pid").read_text()), signal.SIGKILL)
    return host


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited for {_SECONDS} s")
        time.sleep(0.1)


def main() -> None:
    """Runs the story."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--kill-at", metavar="COMPONENT")
    parser.add_argument("settings", nargs="*")
    options = parser.parse_args()
    folder = options.workspace / "cluster"
    settings = (f"workspace={options.workspace}", f"beam={json.dumps(os.environ['BEAM_ARGUMENTS'].split())}")
    sets = [argument for setting in (*settings, *options.settings) for argument in ("--set", setting)]
    command = ["ast-restore", "run", "--config", TINY, *sets]
    runs = [_run(command, folder, 1, options.kill_at)]
    if options.kill_at:
        runs.append(_run(command, folder, 2))
    story = {"runs": runs, "jobs": engine().jobs(folder)}
    (folder / "story.json").write_text(json.dumps(story, indent=1))


def _run(command: list[str | Path], folder: Path, number: int, killed_at: str | None = None) -> dict[str, object]:
    """Runs a command, and kills a host in mid-job of a component; returns what came of it."""
    stdout, stderr = folder / f"run-{number}.stdout", folder / f"run-{number}.stderr"
    start = time.monotonic()
    with stdout.open("wb") as out, stderr.open("wb") as err:
        run = subprocess.Popen(command, stdout=out, stderr=err)
        killed = kill_at(killed_at, stderr, folder) if killed_at else None
        code = run.wait(_SECONDS)
    seconds = round(time.monotonic() - start)
    return {
        "code": code,
        "seconds": seconds,
        "killed": killed,
        "stdout": stdout.read_text(),
        "stderr": stderr.read_text(),
    }


if __name__ == "__main__":
    main()
