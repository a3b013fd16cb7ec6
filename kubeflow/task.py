"""The entry point of each task's container: runs TFX's entry point on what Kubeflow sends, and hands back what Kubeflow takes.

Kubeflow's ExecutorInput is not the one that TFX was written for, that of Vertex:

- Its launcher copies inputs from the object store to folders (`minio://bucket/key` is `/minio/bucket/key`) before the task, and
  outputs from there after it. TFX would ask TensorFlow for a file system for the address, so the addresses are replaced by the
  paths, and put back afterwards.
- Its driver knows no type of an input (`instanceSchema` is empty). The component's specification does, another argument.
- Since 2.5 its driver asks every task for an artifact `executor-logs`, which the launcher writes itself. TFX does not know it.
- ML Metadata keeps a list or a map of Kubeflow one level deeper, and no null at all.
- Its driver fills in the run's id since 2.5. A task that gets the placeholder instead ends: all runs would be one to it.

A task that fails leaves one line that says why in `/dev/termination-log`, where Kubernetes looks for it, and refused data ends
with an exit code of its own.

    python -m kubeflow.task <arguments of TFX's entry point>
"""

from __future__ import annotations

import importlib.util
import json
import os
import pwd
import runpy
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from components.pair_validator.judging.errors import DataRefusedError
from data.errors import InputError
from kubeflow.notes import RUN_ID_PARAMETER, TASK_OPTION, WORKSPACE_OPTION, RunNotes
from pipeline import exit_codes

TFX_ENTRY_POINT = "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"
INVOCATION = "--json_serialized_invocation_args"
INPUTS_SPEC = "--json_serialized_inputs_spec_args"
LOGS = "executor-logs"
"""Output that Kubeflow's driver adds to every task, and Kubeflow's launcher writes."""
PACKAGE = "package:"
"""Prefix of a parameter that names a file of this project by package: `package:pipeline/schema/pairs.pbtxt`."""

KUBEFLOW_TYPES = {"components.HtmlPage": "system.HTML", "components.ScalarMetrics": "system.Metrics"}
"""Kubeflow's names of the artifact types of this project that its user interface shows."""

JsonObject = dict[str, Any]
"""A JSON object, such as an ExecutorInput or a PipelineSpec."""

_TERMINATION_LOG = Path("/dev/termination-log")
_LONGEST_MESSAGE = 2000
"""Bytes of a termination message; Kubernetes cuts one at 4096."""
MOUNT_ROOT = "AST_MOUNT_ROOT"
"""Environment variable by which the dry run gives each task folders of its own; a container has them at the root."""
_UNFILLED = "{{$."
_FOLDERS = {"minio://": "/minio/", "s3://": "/s3/", "gs://": "/gcs/"}


def local_path(uri: str) -> str:
    """Returns the path of an artifact in a task's container; a path is returned unchanged."""
    for scheme, folder in _FOLDERS.items():
        if uri.startswith(scheme):
            return os.environ.get(MOUNT_ROOT, "") + folder + uri.removeprefix(scheme)
    return uri


def for_tfx(executor_input: JsonObject, inputs_spec: JsonObject) -> JsonObject:
    """Returns an ExecutorInput as TFX reads it: with paths, names, types, and only the outputs of the component.

    Args:
        executor_input: The JSON with which Kubeflow replaces `{{$}}`.
        inputs_spec: The component's ComponentInputsSpec as JSON.
    """
    changed: JsonObject = json.loads(json.dumps(executor_input))
    inputs, outputs = changed.setdefault("inputs", {}), changed.setdefault("outputs", {})
    artifacts = inputs.get("artifacts", {})
    inputs["artifacts"] = {key: value for key, value in artifacts.items() if value.get("artifacts")}
    for key, spec in inputs_spec.get("artifacts", {}).items():
        for artifact in inputs["artifacts"].get(key, {}).get("artifacts", ()):
            artifact["type"] = spec["artifactType"]
    outputs.get("artifacts", {}).pop(LOGS, None)
    for artifact in _artifacts(outputs):
        artifact["type"] = _own_type(artifact["type"])
    for artifact in (*_artifacts(inputs), *_artifacts(outputs)):
        artifact.setdefault("name", artifact["uri"])
        artifact["uri"] = local_path(artifact["uri"])
        artifact["metadata"] = {key: _unwrapped(value) for key, value in artifact.get("metadata", {}).items()}
    values = {key: value for key, value in inputs.get("parameterValues", {}).items() if key != RUN_ID_PARAMETER}
    inputs["parameterValues"] = {key: _package_file(value) for key, value in values.items()}
    return changed


def _own_type(schema: JsonObject) -> JsonObject:
    """Returns the type of an output under this project's name, under which TFX can import it."""
    own = {theirs: ours for ours, theirs in KUBEFLOW_TYPES.items()}.get(schema.get("schemaTitle", ""))
    return {"instanceSchema": f"title: {own}\ntype: object\n"} if own else schema


def _unwrapped(value: object) -> object:
    """Returns a property as it was written: Kubeflow keeps a list as `{"list": [...]}` and a map as `{"struct": {...}}`."""
    if isinstance(value, dict) and len(value) == 1:
        ((key, inner),) = value.items()
        if (key == "list" and isinstance(inner, list)) or (key == "struct" and isinstance(inner, dict)):
            return inner
    return value


def for_kubeflow(executor_output: JsonObject, executor_input: JsonObject) -> JsonObject:
    """Returns an ExecutorOutput as Kubeflow reads it: with addresses in place of paths, and no property that is null.

    Args:
        executor_output: The JSON that TFX wrote.
        executor_input: The JSON with which Kubeflow replaced `{{$}}`.
    """
    addresses = {
        local_path(artifact["uri"]): artifact["uri"]
        for section in ("inputs", "outputs")
        for artifact in _artifacts(executor_input.get(section, {}))
    }
    changed: JsonObject = json.loads(json.dumps(executor_output))
    for artifact in _artifacts(changed):
        artifact["uri"] = _address(artifact["uri"], addresses)
        properties = artifact.get("metadata", {})
        artifact["metadata"] = {
            key: _address(value, addresses) for key, value in properties.items() if value is not None
        }
    return changed


def _address(value: Any, addresses: Mapping[str, str]) -> Any:
    """Returns the address of a path of an artifact or below it; another value is returned unchanged."""
    if isinstance(value, str):
        for path, address in addresses.items():
            if value == path or value.startswith(f"{path}/"):
                return address + value.removeprefix(path)
    return value


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
    inputs_spec = json.loads(arguments[arguments.index(INPUTS_SPEC) + 1]) if INPUTS_SPEC in arguments else {}
    arguments[position] = json.dumps(for_tfx(executor_input, inputs_spec))
    code = execute(arguments)
    if code == 0:
        output = Path(executor_input["outputs"]["outputFile"])
        written = json.loads(output.read_text(encoding="utf-8"))
        output.write_text(json.dumps(for_kubeflow(written, executor_input)), encoding="utf-8")
    return code


def run_noted(arguments: Sequence[str], execute: Callable[[list[str]], int], message: Path = _TERMINATION_LOG) -> int:
    """Runs a task, and notes on the volume that it has begun, why it failed, and that it ended well, for the exit task.

    Args:
        arguments: Arguments of TFX's entry point, and of the notes where the pipeline has an exit task.
        execute: Runs TFX's entry point with arguments and returns its exit code.
        message: The file that Kubernetes shows as the reason of a container's end; none is written where there is none.

    Returns:
        The task's exit code.
    """
    arguments = list(arguments)
    workspace, task = _taken(arguments, WORKSPACE_OPTION), _taken(arguments, TASK_OPTION)
    try:
        require_filled(_parameters(arguments))
    except InputError as error:
        return ended(error, message)
    notes = RunNotes.of(Path(workspace), _run_id(arguments)) if workspace and task else None
    if notes is not None:
        notes.begin(task)
    try:
        code = run_task(arguments, execute)
    except Exception as error:
        if notes is not None:
            notes.fail(task, _type_and_text(error), "".join(traceback.format_exception(error)))
        return ended(error, message)
    if notes is not None and code == 0:
        notes.finish(task)
    return code


def _taken(arguments: list[str], option: str) -> str:
    """Removes an option that TFX does not know from the arguments, and returns its value; empty where it is missing."""
    if option not in arguments:
        return ""
    position = arguments.index(option)
    _, value = arguments[position : position + 2]
    del arguments[position : position + 2]
    return value


def _run_id(arguments: Sequence[str]) -> str:
    return str(_parameters(arguments)[RUN_ID_PARAMETER])


def _parameters(arguments: Sequence[str]) -> JsonObject:
    given = json.loads(arguments[arguments.index(INVOCATION) + 1])
    values: JsonObject = given.get("inputs", {}).get("parameterValues", {})
    return values


def require_filled(values: JsonObject) -> None:
    """Checks that Kubeflow has filled in its placeholders.

    Args:
        values: The task's parameters by name.

    Raises:
        InputError: A value is still a placeholder, as that of the run's id is before 2.5.
    """
    for name, value in values.items():
        if isinstance(value, str) and value.startswith(_UNFILLED):
            raise InputError(
                f"{name}: this Kubeflow has not filled in {value}; the pipeline needs Kubeflow Pipelines 2.5 or later"
            )


def _type_and_text(error: BaseException) -> str:
    """Returns type and text of an error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def ended(error: BaseException, message: Path = _TERMINATION_LOG) -> int:
    """Prints an error, leaves it in one line for Kubernetes, and returns the exit code that tells refused data from others.

    Args:
        error: The error that a component raised.
        message: The file that Kubernetes shows as the reason of a container's end; none is written where there is none.
    """
    traceback.print_exception(type(error), error, error.__traceback__)
    if message.is_file() and os.access(message, os.W_OK):
        message.write_bytes(_type_and_text(error).encode()[:_LONGEST_MESSAGE])
    return exit_codes.DATA_REFUSED if isinstance(error, DataRefusedError) else exit_codes.FAILED


def name_the_user() -> None:
    """Gives a user that the image does not know a name, because libraries ask for one: OpenShift runs tasks as any number."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        os.environ.setdefault("USER", "ast")


def _execute(arguments: list[str]) -> int:
    sys.argv[1:] = arguments
    try:
        runpy.run_module(TFX_ENTRY_POINT, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    name_the_user()
    sys.exit(run_noted(sys.argv[1:], _execute))
