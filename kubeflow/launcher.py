"""Runs a compiled pipeline on one machine as Kubeflow's driver and launcher do, each task in its own process.

A task gets its container's command with `{{$}}` replaced by an ExecutorInput, an empty working directory, a few environment
variables, and folders in place of `/minio`, `/s3` and `/gcs` that hold copies of its inputs' files. What it leaves in the
folders of its outputs is copied to the object store, and later tasks get it from there.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path

from kubeflow.driver import OUTPUT_FILE, RefusedByKubeflowError, RuntimeArtifact, executor_input, recorded
from kubeflow.object_store import ObjectStore
from kubeflow.spec import Spec, body_tasks, executor_label, exit_tasks
from kubeflow.task import LOGS, MOUNT_ROOT, JsonObject, local_path

_PLACEHOLDER = "{{$}}"
# This environment stands for the image, and where it finds packages is a part of it.
_INHERITED_VARIABLES = ("PYTHONPATH", "LANG", "TMPDIR", "TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS")


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
    """The folder of a dry run.

    Attributes:
        run_id: Id of the run, in place of the one that a cluster would give it.
        folder: Folder for artifacts and logs.
        numbers: Numbers of the artifacts in ML Metadata.
        secrets: Environment variables that secrets give each task.
    """

    run_id: str
    folder: Path
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    secrets: Mapping[str, str] = field(default_factory=dict)

    @property
    def store(self) -> ObjectStore:
        """The object store."""
        return ObjectStore(self.folder / "artifacts")

    def log(self, task: str) -> Path:
        """Returns the log of a task."""
        return self.folder / "logs" / f"{task}.txt"


def ordered(spec: Spec) -> list[str]:
    """Returns the names of the tasks, each after those that it depends on; the same for the same pipeline."""
    return [*TopologicalSorter(_graph(spec)).static_order(), *sorted(exit_tasks(spec))]


def _graph(spec: Spec) -> dict[str, list[str]]:
    tasks = body_tasks(spec)
    return {name: sorted(tasks[name].get("dependentTasks", ())) for name in sorted(tasks)}


def execute(spec: Spec, run: RunFolder, parallel: int = 1) -> Iterator[TaskResult]:
    """Runs each task as soon as those that it depends on have ended, then the exit task, and yields the results as they come.

    Args:
        spec: The compiled pipeline.
        run: The run's folder and id.
        parallel: Maximum tasks that run at a time. After a failure no task but the exit task is started; those that run are
            waited for.
    """
    yield from _execute_body(spec, run, parallel)
    for name in sorted(exit_tasks(spec)):
        yield _execute_task(spec, name, run, {})


def _execute_body(spec: Spec, run: RunFolder, parallel: int) -> Iterator[TaskResult]:
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
    log, started = run.log(name), time.monotonic()
    log.parent.mkdir(parents=True, exist_ok=True)
    artifacts: dict[str, RuntimeArtifact] = {}
    filled: JsonObject = {"inputs": {"parameterValues": {}}}
    with tempfile.TemporaryDirectory(prefix="task-") as root:
        container = Path(root)
        try:
            published = {task: result.artifacts for task, result in done.items()}
            filled = executor_input(spec, name, run.run_id, published, f"{container}{OUTPUT_FILE}")
            code = _run(spec, name, run, container, filled)
            if code == 0:
                artifacts = _publish(run, container, filled)
        except RefusedByKubeflowError as error:
            code = 1
            with log.open("a", encoding="utf-8") as text:
                text.write(f"Kubeflow would end the task: {error}\n")
    return TaskResult(name, code, time.monotonic() - started, log, artifacts, filled["inputs"]["parameterValues"])


def _run(spec: Spec, name: str, run: RunFolder, container: Path, filled: JsonObject) -> int:
    """Downloads the inputs, makes the parent folders of the outputs, and runs the container's command."""
    for value in filled["inputs"]["artifacts"].values():
        for artifact in value["artifacts"]:
            run.store.download(artifact["uri"], _in_container(container, artifact["uri"]))
    for value in filled["outputs"]["artifacts"].values():
        for artifact in value["artifacts"]:
            _in_container(container, artifact["uri"]).parent.mkdir(parents=True, exist_ok=True)
    command = spec["deploymentSpec"]["executors"][executor_label(spec, name)]["container"]
    arguments = [argument.replace(_PLACEHOLDER, json.dumps(filled)) for argument in command["args"]]
    return _run_container([*command["command"], *arguments], container, run.log(name), run.secrets)


def _in_container(container: Path, address: str) -> Path:
    return container / local_path(address).lstrip("/")


def _run_container(command: Sequence[str], container: Path, log: Path, secrets: Mapping[str, str]) -> int:
    """Runs a container's command in an empty folder and returns its exit code."""
    empty = container / "home"
    empty.mkdir()
    with log.open("wb") as output:
        return subprocess.run(
            command,
            cwd=empty,
            env={**_environment(empty, container), **secrets},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


def _environment(home: Path, container: Path) -> dict[str, str]:
    """Returns the variables of a container: this environment's `python` comes first in PATH, little else is inherited."""
    inherited = {name: os.environ[name] for name in _INHERITED_VARIABLES if name in os.environ}
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    return {"PATH": path, "HOME": str(home), MOUNT_ROOT: str(container), **inherited}


def _publish(run: RunFolder, container: Path, filled: JsonObject) -> dict[str, RuntimeArtifact]:
    """Uploads a task's outputs and records them with what the task wrote about them.

    Raises:
        RefusedByKubeflowError: The launcher would refuse what the task wrote.
    """
    output = Path(filled["outputs"]["outputFile"])
    described = json.loads(output.read_text(encoding="utf-8")).get("artifacts", {}) if output.is_file() else {}
    artifacts = {}
    for key, value in filled["outputs"]["artifacts"].items():
        (requested,) = value["artifacts"]
        (own,) = described.get(key, {}).get("artifacts", [RuntimeArtifact()])
        artifact = recorded(key, next(run.numbers), requested, own)
        run.store.upload(_in_container(container, artifact["uri"]), artifact["uri"])
        if key != LOGS:  # which is the log that is kept already
            artifacts[key] = artifact
    return artifacts
