"""Fixtures that run the commands as a user does, each in a process of its own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock

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


@pytest.fixture(scope="session")
def first_run(command, session_folder):
    """The first run of the tiny configuration, made once for all workers.

    Returns `process` (its returncode, stdout and stderr), `workspace`, in which one file of tests runs again, and `snapshot`,
    a copy of the workspace's models and reports after this run.
    """
    folder = session_folder / "first-run"
    workspace, snapshot, ended = folder / "workspace", folder / "snapshot", folder / "process.json"
    with FileLock(f"{folder}.lock"):
        if not ended.exists():
            done = command("ast-restore", "run", "--config", TINY, "--set", f"workspace={workspace}")
            for name in ("models", "reports"):
                if (workspace / name).is_dir():
                    shutil.copytree(workspace / name, snapshot / name)
            result = {"returncode": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
            ended.write_text(json.dumps(result))
    process = SimpleNamespace(**json.loads(ended.read_text()))
    return SimpleNamespace(process=process, workspace=workspace, snapshot=snapshot)
