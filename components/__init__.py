"""TFX components of this project, one package each; their logic imports neither tfx nor apache_beam."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_ARTIFACT_TYPES = {
    "PairVerdicts": "components.pair_validator.artifacts",
    "HtmlPage": "components.ui_artifacts",
    "ScalarMetrics": "components.ui_artifacts",
}


def __getattr__(name: str) -> Any:
    """Imports an artifact type of the project on first use: TFX finds it by this name, and other users need not load TFX."""
    if name in _ARTIFACT_TYPES:
        return getattr(import_module(_ARTIFACT_TYPES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
