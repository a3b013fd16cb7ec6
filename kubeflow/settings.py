"""The settings of the tasks on Kubeflow: resources, nodes, retries, image, volume and secrets."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from data.strict_model import Count, StrictModel, VariableName

_MAX_DEADLINE_SECONDS = 2**31 - 1  # Kubernetes refuses a larger activeDeadlineSeconds

KFP_MISSING = "kfp is not installed; use the .venv that `make` makes, or pip install '.[kubeflow]' in the checkout"
"""What a command says that needs Kubeflow's client where it is not installed."""

_MAX_AMOUNT = 1_000_000
"""More cores, or GB, than any node has."""

KubernetesName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
"""A name as Kubernetes admits it (RFC 1123); with another one the first task of a run would not start."""


class Toleration(StrictModel):
    """A taint of nodes that a task tolerates, such as that of nodes with GPUs."""

    key: str | None = Field(None, description="The taint's key; null, with operator Exists: every taint.")
    operator: Literal["Equal", "Exists"] = Field(
        "Equal", description="Whether the taint's value must equal `value`, or any value will do."
    )
    value: str | None = Field(None, description="The taint's value; only with operator Equal.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        None, description="The taint's effect; null: every effect."
    )
    seconds: Count | None = Field(
        None,
        description="With effect NoExecute: time that the task stays after the taint appears; null: for good.",
    )

    @model_validator(mode="after")
    def _require_what_kubernetes_admits(self) -> Toleration:
        if self.operator == "Exists" and self.value is not None:
            raise ValueError("operator Exists admits no value")
        if self.operator == "Equal" and self.key is None:
            raise ValueError("operator Equal needs a key")
        if self.seconds is not None and self.effect != "NoExecute":
            raise ValueError("seconds need effect NoExecute")
        return self


class TaskSettings(StrictModel):
    """The resources of a task; null leaves a value to the cluster."""

    cpu_request: float | None = Field(
        None, gt=0, le=_MAX_AMOUNT, description="CPU cores reserved; null: the cluster's default."
    )
    cpu_limit: float | None = Field(
        None, gt=0, le=_MAX_AMOUNT, description="Maximum CPU cores; null: the cluster's default."
    )
    memory_request: float | None = Field(
        None, gt=0, le=_MAX_AMOUNT, description="Memory reserved, in GB; null: the cluster's default."
    )
    memory_limit: float | None = Field(
        None,
        gt=0,
        le=_MAX_AMOUNT,
        description="Maximum memory in GB, above which the task is killed; null: the cluster's default.",
    )
    gpus: int = Field(
        0, ge=0, le=64, description="Number of accelerators; none by default, because the demo trains on CPUs."
    )
    gpu_type: str = Field(
        "nvidia.com/gpu", min_length=1, description="Resource name of the accelerators, as the nodes announce it."
    )
    node_selector: dict[str, str] = Field(
        default_factory=dict, description="Labels that the task's node must have; empty: any node."
    )
    tolerations: tuple[Toleration, ...] = Field((), description="Taints of nodes that the task tolerates.")
    shared_memory: float | None = Field(
        None,
        gt=0,
        le=_MAX_AMOUNT,
        description="Size of /dev/shm in GB, taken from the memory; null: the node's default, often 64 MB.",
    )
    deadline_minutes: int | None = Field(
        None,
        ge=1,
        le=_MAX_DEADLINE_SECONDS // 60,
        description="Time after which the task's pod is ended as failed; null: none.",
    )
    retries: int = Field(
        2, ge=0, le=10, description="Times that a failed task is started again, such as after its node was taken away."
    )

    @model_validator(mode="after")
    def _require_requests_within_limits(self) -> TaskSettings:
        for kind in ("cpu", "memory"):
            request, limit = getattr(self, f"{kind}_request"), getattr(self, f"{kind}_limit")
            if request is not None and limit is not None and request > limit:
                raise ValueError(f"{kind}_request {request:g} is above {kind}_limit {limit:g}")
        return self


class SecretVariable(StrictModel):
    """A key of a Kubernetes secret that every task gets as an environment variable; its value is in no file of the project."""

    secret: KubernetesName = Field(description="Name of the secret.")
    key: str = Field(pattern=r"^[-._a-zA-Z0-9]+$", max_length=253, description="Key in the secret.")
    variable: VariableName = Field(description="Name of the environment variable.")


class KubeflowSettings(StrictModel):
    """The pipeline on Kubeflow."""

    renamed = {"every_task": "default_task"}

    volume_claim: KubernetesName | None = Field(
        None, description="PersistentVolumeClaim (ReadWriteMany) that every task mounts; null: none."
    )
    mount_path: PurePosixPath = Field(
        PurePosixPath("/mnt/ast"),
        description="Mount path of the volume; workspace, push_directory and data.records must be below it.",
    )
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        None, description="When a node fetches the image; null: Kubernetes decides by the tag."
    )
    image_pull_secrets: tuple[KubernetesName, ...] = Field(
        (), description="Names of the Kubernetes secrets with which nodes fetch the image."
    )
    secrets: tuple[SecretVariable, ...] = Field(
        (), description="Kubernetes secrets for the tasks, such as the credentials of the object store."
    )
    default_task: TaskSettings = Field(
        default_factory=TaskSettings, description="Resources of every task that `tasks` does not name."
    )
    tasks: dict[str, TaskSettings] = Field(default_factory=dict, description="Resources by component, such as Trainer.")

    @field_validator("mount_path")
    @classmethod
    def _require_a_place_of_its_own(cls, path: PurePosixPath) -> PurePosixPath:
        if not path.is_absolute() or path == PurePosixPath("/"):
            raise ValueError("a container mounts a volume at an absolute path below /, such as /mnt/ast")
        return path
