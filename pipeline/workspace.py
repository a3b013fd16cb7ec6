"""Where a workspace holds what: the names that the configuration and the commands share. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

RUN_LOCK = ".run.lock"
"""The file in a workspace that a run locks, so that no second one writes there."""

WORKSPACE = Path("workspace")
"""The default workspace, relative to where a command runs."""


def models_in(workspace: Path) -> Path:
    """Returns the folder that a workspace's models are pushed to unless the configuration names another."""
    return workspace / "models"


def metadata_in(workspace: Path) -> Path:
    """Returns the SQLite file of ML Metadata in a workspace."""
    return workspace / "metadata" / "metadata.sqlite"


def unknown_artifacts_in(workspace: Path) -> Path:
    """Returns the folder of artifacts that ML Metadata does not know, since its file was removed."""
    return workspace / "unknown-artifacts"


def pipeline_in(workspace: Path) -> Path:
    """Returns the folder of the artifacts that runs compute in a workspace."""
    return workspace / "pipeline"


def kubeflow_in(workspace: Path) -> Path:
    """Returns the folder of runs on Kubeflow in a workspace: artifacts and logs of dry runs, notes of a cluster's tasks."""
    return workspace / "kubeflow"


def shadow_in(workspace: Path) -> Path:
    """Returns the folder of a shadow's log in a workspace unless the server names another."""
    return workspace / "shadow"


MODELS = models_in(WORKSPACE)
"""Push destination of the default configuration."""
METADATA = metadata_in(WORKSPACE)
"""ML Metadata's file of the default configuration."""
SHADOW = shadow_in(WORKSPACE)
"""The shadow's log of the default workspace."""
