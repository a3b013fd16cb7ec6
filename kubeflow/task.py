"""The entry point of each task's container: runs TFX's entry point with local paths in place of Kubeflow's addresses.

Kubeflow's launcher mounts the object store as folders (`minio://bucket/key` is `/minio/bucket/key`): it copies inputs there
before the task and outputs from there after it. TFX would ask TensorFlow for a file system for the address instead, so this
module replaces the addresses by the paths before TFX reads them, and restores them afterwards.

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
"""Prefix of a parameter that names a file of this project by package: `package:pipeline/schema/pairs.pbtxt`."""

JsonObject = dict[str, Any]
"""A JSON object, such as an ExecutorInput or a PipelineSpec."""

_FOLDERS = {"minio://": "/minio/", "s3://": "/s3/", "gs://": "/gcs/"}


def local_path(uri: str) -> str:
    """Returns the path of an artifact in a task's container; a path is returned unchanged."""
    for scheme, folder in _FOLDERS.items():
        if uri.startswith(scheme):
            return folder + uri.removeprefix(scheme)
    return uri


def with_local_paths(executor_input: JsonObject) -> JsonObject:
    """Returns an ExecutorInput whose artifacts have paths, and the names that TFX requires.

    Args:
        executor_input: The JSON with which Kubeflow replaces `{{$}}`.
    """
    changed: JsonObject = json.loads(json.dumps(executor_input))
    inputs = changed.setdefault("inputs", {})
    artifacts = inputs.get("artifacts", {})
    inputs["artifacts"] = {key: value for key, value in artifacts.items() if value.get("artifacts")}
    for artifact in (*_artifacts(inputs), *_artifacts(changed.get("outputs", {}))):
        artifact.setdefault("name", artifact["uri"])
        artifact["uri"] = local_path(artifact["uri"])
    values = inputs.get("parameterValues", {})
    inputs["parameterValues"] = {key: _package_file(value) for key, value in values.items()}
    return changed


def with_addresses(executor_output: JsonObject, executor_input: JsonObject) -> JsonObject:
    """Returns an ExecutorOutput with the addresses of the ExecutorInput in place of paths.

    Args:
        executor_output: The JSON that TFX wrote.
        executor_input: The JSON with which Kubeflow replaced `{{$}}`.
    """
    addresses = {
        local_path(artifact["uri"]): artifact["uri"] for artifact in _artifacts(executor_input.get("outputs", {}))
    }
    changed: JsonObject = json.loads(json.dumps(executor_output))
    for artifact in _artifacts(changed):
        artifact["uri"] = addresses.get(artifact["uri"], artifact["uri"])
    return changed


def _artifacts(section: JsonObject) -> Iterator[JsonObject]:
    for value in section.get("artifacts", {}).values():
        yield from value.get("artifacts", ())


def _package_file(value: object) -> object:
    """Returns a parameter's value; a file of this project that is named by package becomes its path."""
    if not isinstance(value, str) or not value.startswith(PACKAGE):
        return value
    package, _, rest = value.removeprefix(PACKAGE).partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{value}: no package {package} in this image")
    return str(Path(spec.submodule_search_locations[0]) / rest)


def run_task(arguments: Sequence[str], execute: Callable[[list[str]], int]) -> int:
    """Runs a task.

    Args:
        arguments: Arguments of TFX's entry point.
        execute: Runs TFX's entry point with arguments and returns its exit code.

    Returns:
        The task's exit code.
    """
    arguments = list(arguments)
    position = arguments.index(INVOCATION) + 1
    executor_input = json.loads(arguments[position])
    arguments[position] = json.dumps(with_local_paths(executor_input))
    code = execute(arguments)
    if code == 0:
        output = Path(executor_input["outputs"]["outputFile"])
        written = json.loads(output.read_text(encoding="utf-8"))
        output.write_text(json.dumps(with_addresses(written, executor_input)), encoding="utf-8")
    return code


def _execute(arguments: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", TFX_ENTRY_POINT, *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(run_task(sys.argv[1:], _execute))
