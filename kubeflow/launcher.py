"""Runs a compiled pipeline on one machine as Kubeflow's driver and launcher do, each task in its own process.

A task gets its container's command with `{{$}}` replaced by an ExecutorInput, an empty working directory and a few environment
variables. Later tasks get what it wrote to the `outputFile` and below the addresses of its artifacts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TypedDict

from kubeflow.spec import RUN_ID, Spec, executor_label
from kubeflow.task import LOGS, JsonObject

_PLACEHOLDER = "{{$}}"
_NO_TYPE = {"instanceSchema": ""}
"""The type of every input: Kubeflow's driver keeps no schema of an artifact that a task has published."""
_LOGS_TYPE = {"schemaTitle": "system.Artifact"}
# This environment stands for the image, and where it finds packages is a part of it.
_INHERITED_VARIABLES = ("PYTHONPATH", "LANG", "TMPDIR", "TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS")


class RuntimeArtifact(TypedDict, total=False):
    """Kubeflow's RuntimeArtifact as JSON; `name` and `metadata` are missing until the task has ended."""

    name: str
    type: dict[str, str]
    uri: str
    metadata: JsonObject


@dataclass(frozen=True, slots=True)
class TaskResult:
    """The result of a task.

    Attributes:
        name: Name of the task.
        code: Exit code; negative for a signal.
        seconds: Duration.
        log: File of everything that the task printed.
        artifacts: Output artifacts by key; none for a task that failed.
        parameters: Input parameters by name.
    """

    name: str
    code: int
    seconds: float
    log: Path
    artifacts: dict[str, RuntimeArtifact] = field(default_factory=dict)
    parameters: JsonObject = field(default_factory=dict)

    @property
    def has_failed(self) -> bool:
        """Whether the exit code is not 0."""
        return self.code != 0


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of a dry run and the files of its tasks.

    Attributes:
        run_id: Id of the run, in place of the one that a cluster would give it.
        folder: Folder for artifacts, outputs and logs.
    """

    run_id: str
    folder: Path

    def artifact(self, task: str, key: str) -> Path:
        """Returns the path of an output artifact."""
        return self.folder / "artifacts" / task / key

    def output_file(self, task: str) -> Path:
        """Returns the file in which a task's launcher describes its outputs."""
        return self.folder / "outputs" / task / "executor_output.json"

    def log(self, task: str) -> Path:
        """Returns the log of a task."""
        return self.folder / "logs" / f"{task}.txt"


def ordered(spec: Spec) -> list[str]:
    """Returns the names of the tasks, each after those that it depends on; the same for the same pipeline."""
    return list(TopologicalSorter(_graph(spec)).static_order())


def _graph(spec: Spec) -> dict[str, list[str]]:
    tasks = spec["root"]["dag"]["tasks"]
    return {name: sorted(tasks[name].get("dependentTasks", ())) for name in sorted(tasks)}


def execute(spec: Spec, run_id: str, folder: Path, parallel: int = 1) -> Iterator[TaskResult]:
    """Runs each task as soon as those that it depends on have ended, and yields the results as they come.

    Args:
        spec: The compiled pipeline.
        run_id: The run's id, in place of the one that a cluster would give it.
        folder: Folder for artifacts and logs.
        parallel: Maximum tasks that run at a time. After a failure no task is started; those that run are waited for.
    """
    run = RunFolder(run_id, folder)
    done: dict[str, TaskResult] = {}
    graph = TopologicalSorter(_graph(spec))
    graph.prepare()
    running: set[Future[TaskResult]] = set()
    ready: list[str] = []
    has_failed = False
    with ThreadPoolExecutor(parallel) as pool:
        while graph.is_active():
            ready += sorted(graph.get_ready())
            while ready and not has_failed and len(running) < parallel:
                running.add(pool.submit(_execute_task, spec, ready.pop(0), run, dict(done)))
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for result in (future.result() for future in finished):
                yield result
                done[result.name] = result
                if result.has_failed:
                    has_failed = True
                else:
                    graph.done(result.name)


def _execute_task(spec: Spec, name: str, run: RunFolder, done: Mapping[str, TaskResult]) -> TaskResult:
    filled = executor_input(spec, name, run, done)
    requested = {key: value["artifacts"][0] for key, value in filled["outputs"]["artifacts"].items() if key != LOGS}
    files = [*(Path(artifact["uri"]) for artifact in requested.values()), run.output_file(name), run.log(name)]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
    container = spec["deploymentSpec"]["executors"][executor_label(spec, name)]["container"]
    arguments = [argument.replace(_PLACEHOLDER, json.dumps(filled)) for argument in container["args"]]
    started = time.monotonic()
    code = _run_container([*container["command"], *arguments], run.log(name))
    artifacts = {} if code != 0 else _written(requested, run.output_file(name))
    seconds = time.monotonic() - started
    return TaskResult(name, code, seconds, run.log(name), artifacts, filled["inputs"]["parameterValues"])


def _run_container(command: Sequence[str], log: Path) -> int:
    """Runs a container's command in an empty folder and returns its exit code."""
    with tempfile.TemporaryDirectory() as empty, log.open("wb") as output:
        return subprocess.run(
            command,
            cwd=empty,
            env=_environment(empty),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


def _environment(home: str) -> dict[str, str]:
    """Returns the variables of a container: this environment's `python` comes first in PATH, little else is inherited."""
    inherited = {name: os.environ[name] for name in _INHERITED_VARIABLES if name in os.environ}
    return {"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin", "HOME": home, **inherited}


def _written(requested: Mapping[str, RuntimeArtifact], output: Path) -> dict[str, RuntimeArtifact]:
    """Merges a task's description of its outputs into the request for them, as Kubeflow's launcher does."""
    described = json.loads(output.read_text(encoding="utf-8")).get("artifacts", {}) if output.is_file() else {}
    merged: dict[str, RuntimeArtifact] = {}
    for key, artifact in requested.items():
        (own,) = described.get(key, {}).get("artifacts", [{}])
        uri, metadata = own.get("uri", artifact["uri"]), own.get("metadata", {})
        # ML Metadata gives an artifact a number; one of a path is as unique.
        merged[key] = {**artifact, "name": str(zlib.crc32(uri.encode())), "uri": uri, "metadata": metadata}
    return merged


def executor_input(spec: Spec, name: str, run: RunFolder, done: Mapping[str, TaskResult]) -> JsonObject:
    """Returns Kubeflow's ExecutorInput as JSON, which replaces `{{$}}` in a task's arguments.

    Args:
        spec: The compiled pipeline.
        name: Name of the task.
        run: The run's folder.
        done: The tasks that have ended, by name.
    """
    task = spec["root"]["dag"]["tasks"][name]
    inputs = task.get("inputs", {})
    return {
        "inputs": {"artifacts": _input_artifacts(inputs, done), "parameterValues": _parameters(inputs, run.run_id)},
        "outputs": {"artifacts": _output_artifacts(spec, name, run), "outputFile": str(run.output_file(name))},
    }


def _input_artifacts(inputs: JsonObject, done: Mapping[str, TaskResult]) -> JsonObject:
    sources = {key: value["taskOutputArtifact"] for key, value in inputs.get("artifacts", {}).items()}
    return {
        key: {"artifacts": [_published(source["outputArtifactKey"], done[source["producerTask"]])]}
        for key, source in sources.items()
    }


def _published(key: str, producer: TaskResult) -> RuntimeArtifact:
    """Returns an artifact as Kubeflow's driver reads it from ML Metadata: with an id for a name, and without its type."""
    artifact = producer.artifacts[key]
    extra = {"display_name": key, "store_session_info": ""}
    return {**artifact, "type": _NO_TYPE, "metadata": {**extra, **artifact["metadata"]}}


def _output_artifacts(spec: Spec, name: str, run: RunFolder) -> JsonObject:
    component = spec["components"][spec["root"]["dag"]["tasks"][name]["componentRef"]["name"]]
    types = {
        key: value["artifactType"] for key, value in component.get("outputDefinitions", {}).get("artifacts", {}).items()
    }
    return {
        key: {"artifacts": [RuntimeArtifact(type=kind, uri=str(run.artifact(name, key)))]}
        for key, kind in {**types, LOGS: _LOGS_TYPE}.items()
    }


def _parameters(inputs: JsonObject, run_id: str) -> JsonObject:
    constants = {key: value["runtimeValue"]["constant"] for key, value in inputs.get("parameters", {}).items()}
    return {key: run_id if constant == RUN_ID else constant for key, constant in constants.items()}
