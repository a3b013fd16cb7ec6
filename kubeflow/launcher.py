"""A compiled pipeline executed on one machine, as Kubeflow's driver and launcher do it: task by task, each its own process.

A task is given nothing but its container's command with a filled `{{$}}`, an empty working directory, and a few environment
variables. What it hands on to others is what it wrote to the `outputFile` and below its artifacts' addresses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from kubeflow.spec import RUN_ID, Spec, executor_label

_PLACEHOLDER = "{{$}}"
_HANDED_ON = ("LANG", "TMPDIR", "TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What became of a task.

    Attributes:
        name: The task's.
        code: Exit code; negative for a signal.
        seconds: How long it took.
        log: All that it wrote.
        artifacts: Its outputs as Kubeflow's RuntimeArtifacts, by key.
    """

    name: str
    code: int
    seconds: float
    log: Path
    artifacts: dict[str, dict[str, Any]] = field(default_factory=dict)


def ordered(spec: Spec) -> list[str]:
    """Returns the tasks' names, each after all that it depends on; the same for the same pipeline."""
    return list(TopologicalSorter(_graph(spec)).static_order())


def _graph(spec: Spec) -> dict[str, list[str]]:
    tasks = spec["root"]["dag"]["tasks"]
    return {name: sorted(tasks[name].get("dependentTasks", ())) for name in sorted(tasks)}


def execute(spec: Spec, run_id: str, folder: Path, parallel: int = 1) -> Iterator[TaskResult]:
    """Runs the tasks, each as soon as what it depends on is there, and yields what became of each as it ends.

    Args:
        spec: The compiled pipeline.
        run_id: Put where the cluster would put its own.
        folder: For artifacts and logs.
        parallel: Tasks that may run at a time. After one that fails none is started; those that run are waited for.
    """
    done: dict[str, TaskResult] = {}
    waiting = TopologicalSorter(_graph(spec))
    waiting.prepare()
    running: dict[Future[TaskResult], str] = {}
    failed = False
    ready: list[str] = []
    with ThreadPoolExecutor(parallel) as pool:
        while waiting.is_active():
            ready += sorted(waiting.get_ready())
            while ready and not failed and len(running) < parallel:
                name = ready.pop(0)
                running[pool.submit(_execute_task, spec, name, run_id, folder, dict(done))] = name
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                result = future.result()
                yield result
                failed |= result.code != 0
                done[running.pop(future)] = result
                if result.code == 0:
                    waiting.done(result.name)


def executor_input(spec: Spec, name: str, run_id: str, folder: Path, done: Mapping[str, TaskResult]) -> dict[str, Any]:
    """Returns what stands for `{{$}}` in a task's arguments: Kubeflow's ExecutorInput as a tree.

    Args:
        spec: The compiled pipeline.
        name: The task.
        run_id: The run's id.
        folder: The run's folder; a task's outputs lie in `<task>/<key>` there.
        done: The tasks that have ended, by name.
    """
    task = spec["root"]["dag"]["tasks"][name]
    component = spec["components"][task["componentRef"]["name"]]
    inputs, outputs = task.get("inputs", {}), component.get("outputDefinitions", {})
    given = {}
    for key, value in inputs.get("artifacts", {}).items():
        source = value["taskOutputArtifact"]
        given[key] = {"artifacts": [done[source["producerTask"]].artifacts[source["outputArtifactKey"]]]}
    asked = {
        key: {"artifacts": [{"name": f"{run_id}/{name}/{key}", "type": value["artifactType"],
                             "uri": str(folder / "artifacts" / name / key)}]}
        for key, value in outputs.get("artifacts", {}).items()
    }  # fmt: skip
    return {
        "inputs": {"artifacts": given, "parameterValues": dict(_parameters(inputs, run_id))},
        "outputs": {"artifacts": asked, "outputFile": str(folder / "outputs" / name / "executor_output.json")},
    }


def _parameters(inputs: dict[str, Any], run_id: str) -> Iterator[tuple[str, Any]]:
    for key, value in inputs.get("parameters", {}).items():
        constant = value["runtimeValue"]["constant"]
        yield key, run_id if constant == RUN_ID else constant


def _execute_task(spec: Spec, name: str, run_id: str, folder: Path, done: Mapping[str, TaskResult]) -> TaskResult:
    filled = executor_input(spec, name, run_id, folder, done)
    asked = {key: value["artifacts"][0] for key, value in filled["outputs"]["artifacts"].items()}
    for artifact in asked.values():
        Path(artifact["uri"]).parent.mkdir(parents=True, exist_ok=True)
    output = Path(filled["outputs"]["outputFile"])
    output.parent.mkdir(parents=True, exist_ok=True)
    log = folder / "logs" / f"{name}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    container = spec["deploymentSpec"]["executors"][executor_label(spec, name)]["container"]
    arguments = [argument.replace(_PLACEHOLDER, json.dumps(filled)) for argument in container["args"]]
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as empty, log.open("wb") as lines:
        code = subprocess.run(
            [*container["command"], *arguments],
            cwd=empty,
            env=_environment(empty),
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    seconds = time.monotonic() - started
    if code != 0:
        return TaskResult(name, code, seconds, log)
    return TaskResult(name, code, seconds, log, _written(asked, output))


def _environment(home: str) -> dict[str, str]:
    """A container's: the environment's `python` first, a home of its own, and nothing of this process's besides."""
    handed_on = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    return {"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin", "HOME": home, **handed_on}


def _written(asked: dict[str, dict[str, Any]], output: Path) -> dict[str, dict[str, Any]]:
    """Merges what a task says of its outputs into what it was asked for, as the launcher does."""
    said = json.loads(output.read_text(encoding="utf-8")).get("artifacts", {}) if output.is_file() else {}
    merged = {}
    for key, artifact in asked.items():
        (own,) = said.get(key, {}).get("artifacts", [{}])
        merged[key] = {**artifact, "uri": own.get("uri", artifact["uri"]), "metadata": own.get("metadata", {})}
    return merged
