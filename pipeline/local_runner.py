"""Runs the pipeline on this machine, for the `tfx` command and for `python -m pipeline.local_runner`.

The environment variable `AST_RESTORE_CONFIG` names a configuration; the default is `demo`. `tfx pipeline create` imports this
file but keeps the runner from running, so no data is prepared and no run report is written.
"""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.config import load
from pipeline.run import run
from pipeline.screen.terminal import exit_with, run_main

CONFIG_VARIABLE = "AST_RESTORE_CONFIG"


def main() -> int:
    """Runs the pipeline and returns the exit code of `ast-restore run`."""
    name = os.environ.get(CONFIG_VARIABLE)
    return run(load(Path(name) if name else None))


if __name__ == "__main__":
    exit_with(run_main(main))
