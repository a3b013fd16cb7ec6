"""TFX components of this project, one package each; their logic imports neither tfx nor apache_beam."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """Offers the artifact type of our own, by whose name TFX finds it in a container; TFX is loaded only if it is asked for."""
    if name == "PairVerdicts":
        from components.pair_validator.artifacts import PairVerdicts

        return PairVerdicts
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
