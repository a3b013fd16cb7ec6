"""TFX components of this project, one package each; their logic imports neither tfx nor apache_beam."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """Imports the project's artifact type on first use: TFX finds it by this name, and other users need not load TFX."""
    if name == "PairVerdicts":
        from components.pair_validator.artifacts import PairVerdicts

        return PairVerdicts
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
