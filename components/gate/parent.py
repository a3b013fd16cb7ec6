"""The model whose weights a training started from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_code.known_weights import PRODUCTION
from model_code.training.records.history import PARENT


def parent_of(recipe: Mapping[str, Any], production: str) -> str | None:
    """Returns the model whose weights a training started from.

    Args:
        recipe: The recipe in the training's history.
        production: The production version at the training.

    Returns:
        The version, or the path of a model outside of the push destination; None for random weights.
    """
    parent: str | None = recipe[PARENT]
    return production if parent == PRODUCTION else parent
