"""Kubeflow's driver and launcher, and its API server's compiler, built once in a cache outside the project."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests import go_programs

FOLDER = Path(__file__).parent
VERSION = "2.0.5"
"""Release of Kubeflow Pipelines that go.mod names by a commit; the newest whose modules are to be had."""
SKIPPED = "KUBEFLOW'S OWN PROGRAMS ARE NOT TESTED"

_PROGRAMS = {
    "workflow": ".",
    "driver": "github.com/kubeflow/pipelines/backend/src/v2/cmd/driver",
    "launcher-v2": "github.com/kubeflow/pipelines/backend/src/v2/cmd/launcher-v2",
}


def programs() -> Path:
    """Returns the folder of `workflow`, `driver` and `launcher-v2`; without Go or a network the test is skipped."""
    return go_programs.go_programs(f"kubeflow-{VERSION}", FOLDER, _PROGRAMS, SKIPPED)


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
