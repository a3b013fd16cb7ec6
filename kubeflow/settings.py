"""What a cluster is told of the pipeline's tasks: what they may take, where they run, what they have mounted."""

from __future__ import annotations

from pathlib import PurePosixPath

from pydantic import Field, model_validator

from data.strict_model import StrictModel


class TaskSettings(StrictModel):
    """What one task asks for; what is null is left to the cluster."""

    cpu_request: float | None = Field(None, gt=0, description="Cores that must be free on the node.")
    cpu_limit: float | None = Field(None, gt=0, description="Cores that the task may use.")
    memory_request: float | None = Field(None, gt=0, description="GB that must be free on the node.")
    memory_limit: float | None = Field(None, gt=0, description="GB; a task that takes more is killed.")
    gpus: int = Field(0, ge=0, le=64, description="Accelerators for the task.")
    gpu_type: str = Field("nvidia.com/gpu", min_length=1, description="The name of the node's accelerator resource.")
    node_selector: dict[str, str] = Field(default_factory=dict, description="Labels that the node must have.")

    @model_validator(mode="after")
    def _ask_for_no_more_than_the_limit(self) -> TaskSettings:
        for kind in ("cpu", "memory"):
            request, limit = getattr(self, f"{kind}_request"), getattr(self, f"{kind}_limit")
            if request is not None and limit is not None and request > limit:
                raise ValueError(f"{kind}_request {request:g} is above {kind}_limit {limit:g}")
        return self


class SecretVariable(StrictModel):
    """A key of a Kubernetes secret, handed to every task as an environment variable; its value stands in no file of ours."""

    secret: str = Field(min_length=1, description="The secret's name.")
    key: str = Field(min_length=1, description="The key in it.")
    variable: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="The environment variable.")


class KubeflowSettings(StrictModel):
    """The pipeline on Kubeflow."""

    volume_claim: str | None = Field(
        None, description="PersistentVolumeClaim, ReadWriteMany, that every task has mounted; null: none is mounted."
    )
    mount_path: PurePosixPath = Field(
        PurePosixPath("/mnt/ast"), description="Where; workspace, push_directory and data.records must lie in it."
    )
    secrets: tuple[SecretVariable, ...] = Field((), description="Secrets by reference.")
    every_task: TaskSettings = Field(default_factory=TaskSettings, description="For tasks that `tasks` does not name.")
    tasks: dict[str, TaskSettings] = Field(default_factory=dict, description="By component, such as Trainer.")
