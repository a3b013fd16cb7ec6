"""What each task's container runs: TFX's entry point, between Kubeflow's addresses and the paths that our components read.

Kubeflow's launcher lays every artifact into a folder named after the kind of store (`minio://bucket/key` is
`/minio/bucket/key`), copies inputs there before the task and outputs from there after it. TFX does not know of it and would ask
TensorFlow for a file system by the address; so the addresses are replaced by the paths before TFX sees them, and back after.

    python -m kubeflow.task <arguments of TFX's entry point>
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

TFX_ENTRY_POINT = "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"
INVOCATION = "--json_serialized_invocation_args"
PACKAGE = "package:"
"""Stands before a parameter that is a file of this project, by package: `package:pipeline/schema/pairs.pbtxt`."""

_FOLDERS = {"minio://": "/minio/", "s3://": "/s3/", "gs://": "/gcs/"}


def local_path(uri: str) -> str:
    """Returns where Kubeflow's launcher keeps an artifact; what is a path already stays."""
    for scheme, folder in _FOLDERS.items():
        if uri.startswith(scheme):
            return folder + uri.removeprefix(scheme)
    return uri


def with_local_paths(executor_input: dict[str, Any]) -> dict[str, Any]:
    """Returns an ExecutorInput in which artifacts are paths, and all have the name that TFX insists on.

    Args:
        executor_input: The JSON that Kubeflow puts for `{{$}}`.
    """
    changed: dict[str, Any] = json.loads(json.dumps(executor_input))
    inputs = changed.setdefault("inputs", {})
    given = inputs.get("artifacts", {})
    inputs["artifacts"] = {key: value for key, value in given.items() if value.get("artifacts")}
    for artifact in _artifacts(inputs), _artifacts(changed.get("outputs", {})):
        for item in artifact:
            item.setdefault("name", item["uri"])
            item["uri"] = local_path(item["uri"])
    values = inputs.get("parameterValues", {})
    inputs["parameterValues"] = {key: _package_file(value) for key, value in values.items()}
    return changed


def with_addresses(executor_output: dict[str, Any], executor_input: dict[str, Any]) -> dict[str, Any]:
    """Returns an ExecutorOutput with the addresses that the task was given for its outputs.

    Args:
        executor_output: What TFX wrote.
        executor_input: What Kubeflow asked for.
    """
    addresses = {local_path(item["uri"]): item["uri"] for item in _artifacts(executor_input.get("outputs", {}))}
    changed: dict[str, Any] = json.loads(json.dumps(executor_output))
    for item in _artifacts(changed):
        item["uri"] = addresses.get(item["uri"], item["uri"])
    return changed


def _artifacts(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for value in part.get("artifacts", {}).values():
        yield from value.get("artifacts", ())


def _package_file(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith(PACKAGE):
        return value
    package, _, rest = value.removeprefix(PACKAGE).partition("/")
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"{value}: no package {package} in this image")
    return str(Path(found.submodule_search_locations[0]) / rest)


def run_task(arguments: Sequence[str], execute: Callable[[list[str]], int]) -> int:
    """Runs a task.

    Args:
        arguments: Those of TFX's entry point.
        execute: Runs it with arguments and returns its exit code.

    Returns:
        The task's exit code.
    """
    arguments = list(arguments)
    at = arguments.index(INVOCATION) + 1
    given = json.loads(arguments[at])
    arguments[at] = json.dumps(with_local_paths(given))
    code = execute(arguments)
    if code == 0:
        output = Path(given["outputs"]["outputFile"])
        written = json.loads(output.read_text(encoding="utf-8"))
        output.write_text(json.dumps(with_addresses(written, given)), encoding="utf-8")
    return code


def _execute(arguments: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", TFX_ENTRY_POINT, *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(run_task(sys.argv[1:], _execute))
