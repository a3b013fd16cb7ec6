"""Adapts a compiled pipeline to open-source Kubeflow, by pure functions on the PipelineSpec as a tree."""

from __future__ import annotations

from pathlib import Path

import yaml

from data.errors import InputError
from kubeflow.settings import KubeflowSettings, TaskSettings, Toleration
from kubeflow.task import KUBEFLOW_TYPES, PACKAGE, JsonObject

Spec = JsonObject
"""A PipelineSpec."""

RUN_ID = "{{$.pipeline_job_uuid}}"
"""Kubeflow's driver, from 2.5 on, replaces a parameter whose constant is this text by the run's id."""

_FAILS_ON_PURPOSE = ("DataGate",)
_GB = 1000**3


def executor_label(spec: Spec, task: str) -> str:
    """Returns the name of a task's executor."""
    component = spec["root"]["dag"]["tasks"][task]["componentRef"]["name"]
    return str(spec["components"][component]["executorLabel"])


def require_containers(spec: Spec) -> None:
    """Checks that every executor is a container, because open-source Kubeflow runs nothing else.

    Raises:
        InputError: An executor is not a container, as those of a Resolver and an Importer.
    """
    executors = spec["deploymentSpec"]["executors"]
    others = [name for name, executor in executors.items() if set(executor) != {"container"}]
    if others:
        raise InputError(f"{', '.join(others)}: not a container; open-source Kubeflow does not run such a task")


def fill_runtime_parameters(spec: Spec) -> None:
    """Fills every runtime parameter with the id that the cluster gives each run, so that a run needs no parameters.

    The parameters tell TFX's cache that the production model or the data may be new. A cluster that runs the same file every
    night cannot know that in advance, so the tasks that depend on them run every time.

    Args:
        spec: The compiled pipeline, changed in place.
    """
    for task in spec["root"]["dag"]["tasks"].values():
        values = task.get("inputs", {}).get("parameters", {})
        for name, value in values.items():
            if "componentInputParameter" in value:
                values[name] = {"runtimeValue": {"constant": RUN_ID}}
    spec["root"].pop("inputDefinitions", None)


def make_package_paths_portable(spec: Spec, packages: Path) -> None:
    """Replaces paths of this project's files by package names, because their folder in the image is another.

    Args:
        spec: The compiled pipeline, changed in place.
        packages: Folder of the project's packages on this machine.
    """
    for task in spec["root"]["dag"]["tasks"].values():
        for value in task.get("inputs", {}).get("parameters", {}).values():
            constant = value.get("runtimeValue", {}).get("constant")
            if isinstance(constant, str) and constant.startswith(f"{packages}/") and Path(constant).is_file():
                value["runtimeValue"]["constant"] = PACKAGE + constant.removeprefix(f"{packages}/")


def name_shown_types(spec: Spec) -> None:
    """Gives outputs that Kubeflow's user interface can show Kubeflow's types, by which it recognizes them.

    Args:
        spec: The compiled pipeline, changed in place.
    """
    for component in spec["components"].values():
        for output in component.get("outputDefinitions", {}).get("artifacts", {}).values():
            title = yaml.safe_load(output["artifactType"].get("instanceSchema", "{}")).get("title")
            if title in KUBEFLOW_TYPES:
                output["artifactType"] = {"schemaTitle": KUBEFLOW_TYPES[title], "schemaVersion": "0.0.1"}


def set_resources(spec: Spec, settings: KubeflowSettings) -> None:
    """Writes the resources of each task into its container.

    Args:
        spec: The compiled pipeline, changed in place.
        settings: The resources.

    Raises:
        InputError: The settings name a task that the pipeline does not have.
    """
    tasks = spec["root"]["dag"]["tasks"]
    unknown = sorted(settings.tasks.keys() - tasks.keys())
    if unknown:
        raise InputError(
            f"kubeflow.tasks: no component {', '.join(unknown)}; the components are {', '.join(sorted(tasks))}"
        )
    for task in tasks:
        resources = _resources(settings.tasks.get(task, settings.default_task))
        if resources:
            spec["deploymentSpec"]["executors"][executor_label(spec, task)]["container"]["resources"] = resources


def _resources(task: TaskSettings) -> JsonObject:
    values: JsonObject = {
        "cpuRequest": task.cpu_request,
        "cpuLimit": task.cpu_limit,
        "memoryRequest": task.memory_request,
        "memoryLimit": task.memory_limit,
        "accelerator": {"type": task.gpu_type, "count": str(task.gpus)} if task.gpus else None,
    }
    return {key: value for key, value in values.items() if value is not None}


def set_retries(spec: Spec, settings: KubeflowSettings) -> None:
    """Writes into each task how often a failed one is started again; the pause doubles from 30 s to at most 10 minutes.

    A task can be repeated: its outputs are uploaded only when it ends well, a training goes on from its checkpoint, and a push
    is one rename. Only the task that refuses data is not repeated, because it fails on purpose.

    Args:
        spec: The compiled pipeline, changed in place.
        settings: The number of retries.
    """
    for name, task in spec["root"]["dag"]["tasks"].items():
        retries = settings.tasks.get(name, settings.default_task).retries
        if retries and name not in _FAILS_ON_PURPOSE:
            task["retryPolicy"] = {
                "maxRetryCount": retries,
                "backoffDuration": "30s",
                "backoffFactor": 2.0,
                "backoffMaxDuration": "600s",
            }


def platform_spec(spec: Spec, settings: KubeflowSettings) -> Spec | None:
    """Returns the PlatformSpec, the second document of the file: volume, nodes, image and secrets; None if it is empty.

    The PipelineSpec has no fields for these. The keys are those of Kubeflow's KubernetesExecutorConfig. The package
    kfp-kubernetes writes them too, but only for kfp's own components.

    Args:
        spec: The compiled pipeline.
        settings: Volume, secrets, image and nodes.
    """
    executors = {}
    for task in spec["root"]["dag"]["tasks"]:
        config = _kubernetes(settings, settings.tasks.get(task, settings.default_task))
        if config:
            executors[executor_label(spec, task)] = config
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}} if executors else None


def _kubernetes(settings: KubeflowSettings, task: TaskSettings) -> JsonObject:
    config: JsonObject = {}
    if settings.volume_claim:
        config["pvcMount"] = [{"constant": settings.volume_claim, "mountPath": str(settings.mount_path)}]
    if settings.secrets:
        config["secretAsEnv"] = [
            {"secretName": item.secret, "keyToEnv": [{"secretKey": item.key, "envVar": item.variable}]}
            for item in settings.secrets
        ]
    if settings.image_pull_policy:
        config["imagePullPolicy"] = settings.image_pull_policy
    if settings.image_pull_secrets:
        config["imagePullSecret"] = [{"secretName": name} for name in settings.image_pull_secrets]
    if task.node_selector:
        config["nodeSelector"] = {"labels": dict(task.node_selector)}
    if task.tolerations:
        config["tolerations"] = [_toleration(toleration) for toleration in task.tolerations]
    if task.shared_memory:
        config["enabledSharedMemory"] = {"volumeName": "shm", "size": str(round(task.shared_memory * _GB))}
    if task.deadline_minutes:
        config["activeDeadlineSeconds"] = str(task.deadline_minutes * 60)  # an int64 is a string in a proto's JSON
    return config


def _toleration(toleration: Toleration) -> JsonObject:
    values = {
        "key": toleration.key,
        "operator": toleration.operator,
        "value": toleration.value,
        "effect": toleration.effect,
        "tolerationSeconds": None if toleration.seconds is None else str(toleration.seconds),
    }
    return {key: value for key, value in values.items() if value is not None}
