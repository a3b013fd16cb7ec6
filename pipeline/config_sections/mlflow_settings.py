"""The configuration's section for MLflow, and whether its client is installed. Imports nothing of MLflow."""

from __future__ import annotations

import importlib.util

from pydantic import Field, field_serializer

from data.errors import InputError
from data.strict_model import StrictModel, VariableName
from pipeline.webhook import masked


class MlflowSettings(StrictModel):
    """MLflow server that each run is exported to when it has ended. A failed export does not change the verdict."""

    tracking_uri: str | None = Field(
        None,
        pattern=r"^https?://",
        repr=False,
        description="URI of the tracking server; null: runs are not exported. Only its host is written anywhere. MLflow's own "
        "variables, such as MLFLOW_TRACKING_TOKEN, work too.",
    )
    tracking_uri_variable: VariableName | None = Field(
        None,
        description="Environment variable that holds the URI, such as MLFLOW_TRACKING_URI, which keeps a password out of "
        "files; null: none.",
    )
    experiment: str = Field(
        "ast-restoration",
        min_length=1,
        max_length=500,
        description="Name of the MLflow experiment; it is created where it is missing.",
    )
    model_name: str = Field(
        "ast-restoration",
        pattern=r"^[^/:'\"]+$",
        max_length=256,
        description="Name of the registered model. Its versions are pushed models, and its alias `champion` is the production "
        "model.",
    )
    timeout_seconds: float = Field(
        300.0,
        gt=0,
        le=86400,
        description="Time limit of the export of one run in seconds, because the run waits for it; long enough for a model of "
        "hundreds of megabytes. A server that does not answer at all is given up after ten seconds.",
    )

    @property
    def is_wanted(self) -> bool:
        """Whether each run is exported."""
        return bool(self.tracking_uri or self.tracking_uri_variable)

    @field_serializer("tracking_uri")
    def _mask(self, uri: str | None) -> str | None:
        return masked(uri)


def require_installed() -> None:
    """Checks that MLflow's client is installed, without importing it.

    Raises:
        InputError: It is not.
    """
    if importlib.util.find_spec("mlflow") is None:
        raise InputError(
            "MLflow's client is not installed; use the .venv that `make` makes, or pip install '.[mlflow]' in the "
            "checkout"
        )
