"""The photographs that come with the project."""

from __future__ import annotations

from pathlib import Path


def embedded_photos() -> Path:
    """Returns the folder of the photographs that come with the project."""
    return Path(__file__).parents[1] / "photos"
