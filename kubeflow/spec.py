"""Adapts a compiled pipeline to open-source Kubeflow, by pure functions on the PipelineSpec as a tree."""

from __future__ import annotations

from pathlib import Path

import yaml

from data.errors import InputError
from kubeflow.notes import RUN_ID_PARAMETER, TASK_OPTION, WORKSPACE_OPTION
from kubeflow.settings import KubeflowSettings, TaskSettings, Toleration
from kubeflow.task import KUBEFLOW_TYPES, PACKAGE, JsonObject

Spec = JsonObject
"""A PipelineSpec."""

RUN_ID = "{{$.pipeline_job_uuid}}"
"""Kubeflow's driver, from 2.5 on, replaces a parameter whose constant is this text by the run's id."""

NOTIFY = "Notify"
"""Name of the exit task, which notifies the hooks."""

_BODY = "exit-handler-1"  # the name that Kubeflow's compiler gives it
_ALWAYS = "ALL_UPSTREAM_TASKS_COMPLETED"
_FAILS_ON_PURPOSE = ("DataGate",)
_GB = 1000**3


def body_tasks(spec: Spec) -> JsonObject:
    """Returns the tasks of a pipeline by name without its exit task, behind which the others stand in a DAG of their own."""
    tasks: JsonObject = {}
    for name, task in spec["root"]["dag"]["tasks"].items():
        component = spec["components"][task["componentRef"]["name"]]
        if not is_exit_task(task):
            tasks |= component["dag"]["tasks"] if "dag" in component else {name: task}
    return tasks


def exit_tasks(spec: Spec) -> JsonObject:
    """Returns by name the tasks that run when all others have ended, whether they failed or not."""
    return {name: task for name, task in spec["root"]["dag"]["tasks"].items() if is_exit_task(task)}


def all_tasks(spec: Spec) -> JsonObject:
    """Returns all tasks of a pipeline by name."""
    return body_tasks(spec) | exit_tasks(spec)


def is_exit_task(task: JsonObject) -> bool:
    """Whether a task runs when those that it depends on have ended, even if they failed."""
    return bool(task.get("triggerPolicy", {}).get("strategy") == _ALWAYS)


def executor_label(spec: Spec, task: str) -> str:
    """Returns the name of a task's executor."""
    component = all_tasks(spec)[task]["componentRef"]["name"]
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


def add_exit_task(spec: Spec, image: str, workspace: Path, config_yaml: str) -> None:
    """Adds the exit task: it runs whether or not a task failed, and notifies the hooks.

    The form is that of Kubeflow's `dsl.ExitHandler`: the other tasks move into a DAG of their own, on whose end the exit task
    depends with a trigger policy. Kubeflow's compiler makes it an exit hook of Argo's, from backend 2.5 on, so that a failed
    run stays failed. The task asks for no `PipelineTaskFinalStatus`, which backends before 2.14 refuse and whose state is not
    final; each task leaves a note on the volume instead, by arguments and a parameter that are added here.

    Args:
        spec: The compiled pipeline, changed in place.
        image: Container image of the tasks.
        workspace: The workspace, which every task sees.
        config_yaml: The resolved configuration.
    """
    tasks = spec["root"]["dag"]["tasks"]
    for name, task in tasks.items():
        component = spec["components"][task["componentRef"]["name"]]
        _add_parameter(component, task, RUN_ID_PARAMETER, RUN_ID)
        container = spec["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
        container["args"] = [*container["args"], WORKSPACE_OPTION, str(workspace), TASK_OPTION, name]
    component = {"executorLabel": f"{NOTIFY}_executor"}
    task = {
        "componentRef": {"name": NOTIFY},
        "dependentTasks": [_BODY],
        "taskInfo": {"name": NOTIFY},
        "triggerPolicy": {"strategy": _ALWAYS},
    }
    _add_parameter(component, task, RUN_ID_PARAMETER, RUN_ID)
    _add_parameter(component, task, "config", config_yaml)
    spec["components"] |= {NOTIFY: component, f"comp-{_BODY}": {"dag": {"tasks": tasks}}}
    container = {"image": image, "command": ["python", "-m", "kubeflow.notify"], "args": ["{{$}}"]}
    spec["deploymentSpec"]["executors"][component["executorLabel"]] = {"container": container}
    body = {"componentRef": {"name": f"comp-{_BODY}"}, "taskInfo": {"name": _BODY}}
    spec["root"]["dag"]["tasks"] = {_BODY: body, NOTIFY: task}


def _add_parameter(component: JsonObject, task: JsonObject, name: str, value: str) -> None:
    definitions = component.setdefault("inputDefinitions", {}).setdefault("parameters", {})
    definitions[name] = {"parameterType": "STRING"}
    task.setdefault("inputs", {}).setdefault("parameters", {})[name] = {"runtimeValue": {"constant": value}}


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
    tasks = all_tasks(spec)
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
    for name, task in all_tasks(spec).items():
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
    for task in all_tasks(spec):
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
