"""Running the commands as a user does: each in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
TINY = Path(__file__).parent / "tiny.yaml"


@pytest.fixture(scope="session")
def command():
    """Runs a command of the environment and returns the finished process."""

    def run(*arguments, **options):
        name, *rest = map(str, arguments)
        return subprocess.run(
            [BIN / name, *rest],
            capture_output=True,
            text=True,
            timeout=options.pop("timeout", 600),
            check=False,
            **options,
        )

    return run
