"""Environments of Kubeflow's Python packages alone, one for each release, made once in a cache outside the project.

The project's environment cannot hold them: TFX 1.16 needs protobuf 3, and kfp 2.17 needs protobuf 6.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(__file__).parent
RELEASES = tuple(sorted(file.stem.removeprefix("kfp-") for file in (FOLDER / "releases").glob("*.txt")))
NEWEST = RELEASES[-1]
_OFFLINE = ("failed to fetch", "dns error", "Request failed", "error sending request")


def kfp_python(release: str) -> Path:
    """Returns the interpreter of an environment with one release of kfp; without a network the test is skipped.

    Args:
        release: A version of kfp, one of `RELEASES`.
    """
    lock = FOLDER / "releases" / f"kfp-{release}.txt"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ast-restoration"
    folder = cache / f"kfp-{release}-python-{version}-{digest}"
    cache.mkdir(parents=True, exist_ok=True)
    python = folder / "bin/python"
    with FileLock(f"{folder}.lock"):
        if not ((folder / "ready").exists() and python.exists()):
            shutil.rmtree(folder, ignore_errors=True)
            # The interpreter behind this checkout's environment: the cache outlives the checkout, and uv links to what it gets.
            _uv("venv", "--python", Path(sys.executable).resolve(), folder)
            _uv("pip", "sync", "--python", python, "--require-hashes", "--compile-bytecode", lock)
            (folder / "ready").touch()
    return python


def _uv(*words: object) -> None:
    uv = ROOT / ".venv-tools/bin/uv"
    if not uv.exists():
        pytest.skip(f"no {uv}: run `requirements/setup.sh --uv`; KUBEFLOW'S OWN PACKAGES ARE NOT TESTED")
    done = subprocess.run([uv, "--quiet", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode and any(text in done.stderr for text in _OFFLINE):
        pytest.skip(f"the package index cannot be reached; KUBEFLOW'S OWN PACKAGES ARE NOT TESTED: {done.stderr[:300]}")
    assert done.returncode == 0, done.stderr


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
