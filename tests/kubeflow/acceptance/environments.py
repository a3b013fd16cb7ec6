"""Environments of Kubeflow's Python packages alone, one for each release, made once in a cache outside the project.

The project's environment cannot hold them: TFX 1.16 needs protobuf 3, and kfp 2.17 needs protobuf 6.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.environments import python_with

FOLDER = Path(__file__).parent
RELEASES = tuple(sorted(file.stem.removeprefix("kfp-") for file in (FOLDER / "releases").glob("*.txt")))
NEWEST = RELEASES[-1]


def kfp_python(release: str) -> Path:
    """Returns the interpreter of an environment with one release of kfp; without a network the test is skipped.

    Args:
        release: A version of kfp, one of `RELEASES`.
    """
    lock = FOLDER / "releases" / f"kfp-{release}.txt"
    return python_with(f"kfp-{release}", lock, "KUBEFLOW'S OWN PACKAGES ARE NOT TESTED")


def run_script(
    release: str, script: str, *words: object, timeout: float = 60, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a script of this folder with one release of kfp, without the project's packages.

    Args:
        release: A version of kfp.
        script: Name of the file.
        words: Its arguments.
        timeout: Seconds until it is ended.
        variables: Further environment variables.
    """
    environment = {"PATH": os.environ["PATH"], "HOME": str(Path.home()), "LANG": "C.UTF-8", **(variables or {})}
    command = [kfp_python(release), FOLDER / script, *words]
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=timeout, check=False, env=environment
    )


def last_line(done: subprocess.CompletedProcess[str]) -> dict:
    """Returns the JSON object that a script printed last.

    Args:
        done: The finished script; it must have succeeded.
    """
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])
