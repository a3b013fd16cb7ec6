"""A compiled pipeline made fit for open-source Kubeflow: pure functions on the PipelineSpec as a tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data.errors import InputError
from kubeflow.settings import KubeflowSettings, TaskSettings
from kubeflow.task import PACKAGE

Spec = dict[str, Any]

RUN_ID = "{{$.pipeline_job_uuid}}"
"""What Kubeflow's driver replaces by the run's id where a parameter's constant is just this."""


def executor_label(spec: Spec, task: str) -> str:
    """Returns the name of a task's executor."""
    component = spec["root"]["dag"]["tasks"][task]["componentRef"]["name"]
    return str(spec["components"][component]["executorLabel"])


def require_containers(spec: Spec) -> None:
    """Refuses what open-source Kubeflow does not execute.

    Raises:
        InputError: An executor is not a container, such as a Resolver's or an Importer's.
    """
    executors = spec["deploymentSpec"]["executors"]
    others = [name for name, executor in executors.items() if set(executor) != {"container"}]
    if others:
        raise InputError(f"{', '.join(others)}: not a container; open-source Kubeflow does not run such a task")


def name_runs(spec: Spec) -> None:
    """Fills the runtime parameters with the id that the cluster gives each run, so that nobody has to give them.

    Each of them is there to tell TFX's cache that something may be new: what is in production, what data has arrived.
    A cluster that runs the same file every night cannot know before, so it looks every time.

    Args:
        spec: The compiled pipeline, changed in place.
    """
    for task in spec["root"]["dag"]["tasks"].values():
        values = task.get("inputs", {}).get("parameters", {})
        for name, value in values.items():
            if "componentInputParameter" in value:
                values[name] = {"runtimeValue": {"constant": RUN_ID}}
    spec["root"].pop("inputDefinitions", None)


def name_package_files(spec: Spec, packages: Path) -> None:
    """Names files of this project by package, because they lie elsewhere in the image than where the pipeline is compiled.

    Args:
        spec: The compiled pipeline, changed in place.
        packages: The folder that holds the project's packages here.
    """
    for task in spec["root"]["dag"]["tasks"].values():
        for value in task.get("inputs", {}).get("parameters", {}).values():
            constant = value.get("runtimeValue", {}).get("constant")
            if isinstance(constant, str) and constant.startswith(f"{packages}/") and Path(constant).is_file():
                value["runtimeValue"]["constant"] = PACKAGE + constant.removeprefix(f"{packages}/")


def place(spec: Spec, settings: KubeflowSettings) -> None:
    """Writes what each task asks for into its container.

    Args:
        spec: The compiled pipeline, changed in place.
        settings: What to ask for.

    Raises:
        InputError: A task is named that the pipeline does not have.
    """
    tasks = spec["root"]["dag"]["tasks"]
    unknown = sorted(settings.tasks.keys() - tasks.keys())
    if unknown:
        raise InputError(f"kubeflow.tasks: no component {', '.join(unknown)}; there are {', '.join(sorted(tasks))}")
    for task in tasks:
        resources = _resources(settings.tasks.get(task, settings.default_task))
        if resources:
            spec["deploymentSpec"]["executors"][executor_label(spec, task)]["container"]["resources"] = resources


def _resources(task: TaskSettings) -> dict[str, Any]:
    values: dict[str, Any] = {
        "cpuRequest": task.cpu_request,
        "cpuLimit": task.cpu_limit,
        "memoryRequest": task.memory_request,
        "memoryLimit": task.memory_limit,
        "accelerator": {"type": task.gpu_type, "count": str(task.gpus)} if task.gpus else None,
    }
    return {key: value for key, value in values.items() if value is not None}


def platform(spec: Spec, settings: KubeflowSettings) -> Spec | None:
    """Returns what only Kubernetes knows (volume, node labels, secrets) as the file's second document, or None.

    The PipelineSpec has no fields for it. The keys are those of Kubeflow's KubernetesExecutorConfig, which the package
    kfp-kubernetes writes; that package works on kfp's own components only, so it is written here.

    Args:
        spec: The compiled pipeline.
        settings: What to mount, where to run.
    """
    executors = {}
    for task in spec["root"]["dag"]["tasks"]:
        config = _kubernetes(settings, settings.tasks.get(task, settings.default_task))
        if config:
            executors[executor_label(spec, task)] = config
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}} if executors else None


def _kubernetes(settings: KubeflowSettings, task: TaskSettings) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if settings.volume_claim:
        config["pvcMount"] = [{"constant": settings.volume_claim, "mountPath": str(settings.mount_path)}]
    if settings.secrets:
        config["secretAsEnv"] = [
            {"secretName": item.secret, "keyToEnv": [{"secretKey": item.key, "envVar": item.variable}]}
            for item in settings.secrets
        ]
    if task.node_selector:
        config["nodeSelector"] = {"labels": dict(task.node_selector)}
    return config
