"""The pipeline on this machine, for the `tfx` command as well as for `python -m pipeline.local_runner`.

`AST_RESTORE_CONFIG` names a configuration; without it, the embedded default runs. While `tfx pipeline create` reads this
file, TFX keeps the runner from running, so nothing is prepared and no page is written.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pipeline.config import load
from pipeline.run import run
from pipeline.terminal import run_main

CONFIG_VARIABLE = "AST_RESTORE_CONFIG"


def main() -> int:
    """Runs the pipeline and returns the exit code of `ast-restore run`."""
    named = os.environ.get(CONFIG_VARIABLE)
    return run(load(Path(named) if named else None))


if __name__ == "__main__":
    sys.exit(run_main(main))
