"""Kubeflow's driver and launcher, and its API server's compiler, built once in a cache outside the project."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

FOLDER = Path(__file__).parent
VERSION = "2.0.5"
"""Release of Kubeflow Pipelines that go.mod names by a commit; the newest whose modules are to be had."""

_PROGRAMS = {
    "workflow": ".",
    "driver": "github.com/kubeflow/pipelines/backend/src/v2/cmd/driver",
    "launcher-v2": "github.com/kubeflow/pipelines/backend/src/v2/cmd/launcher-v2",
}
_SOURCES = ("go.mod", "go.sum", "workflow.go")
_OFFLINE = ("dial tcp", "no such host", "i/o timeout", "TLS handshake timeout", "connection refused", "403 Forbidden")
_TOO_OLD = ("invalid go version", "unknown directive", "requires go")


def skip(reason: str) -> None:
    """Skips a test and says so on the terminal, once for each reason, whatever pytest shows.

    Args:
        reason: What is not here, and what to do.
    """
    _say(f"*** KUBEFLOW'S OWN PROGRAMS ARE NOT TESTED: {reason} ***")
    pytest.skip(reason)


@functools.cache
def _say(line: str) -> None:
    print(line, file=sys.__stderr__)


def programs() -> Path:
    """Returns the folder of `workflow`, `driver` and `launcher-v2`; without Go or a network the test is skipped."""
    digest = hashlib.sha256(b"".join((FOLDER / name).read_bytes() for name in _SOURCES)).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ast-restoration"
    folder = cache / f"kubeflow-{VERSION}-{digest}"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            partial = folder.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            for name, package in _PROGRAMS.items():
                _build(package, partial / name)
            partial.rename(folder)
    return folder


def _build(package: str, output: Path) -> None:
    if shutil.which("go") is None:
        skip("there is no Go to build them with (apt-get install golang, 1.24 or newer)")
    # go checks the modules against go.sum.
    command = ["go", "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", str(output), package]
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    done = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True, check=False)
    if done.returncode and any(text in done.stderr for text in _OFFLINE):
        skip(f"Go's modules cannot be reached: {done.stderr.strip().splitlines()[-1][:300]}")
    if done.returncode and any(text in done.stderr for text in _TOO_OLD):
        skip("Go is too old to build them; it must be 1.24 or newer")
    assert done.returncode == 0, done.stderr[-4000:]


def argo_workflow(package: Path, pipeline_root: str, run_id: str, namespace: str) -> dict:
    """Returns the Argo workflow that the API server makes of a compiled pipeline for a run.

    Args:
        package: The compiled pipeline.
        pipeline_root: Address of the artifacts, which `submit` passes with the run.
        run_id: Kubeflow's id of the run.
        namespace: Namespace of the run.
    """
    command = list(map(str, (programs() / "workflow", package, pipeline_root, run_id, namespace)))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
