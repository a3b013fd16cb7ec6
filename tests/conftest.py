"""Fixtures for every test."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real pairs and golden outputs that lies beside the project, where it is there at all."""
    if not SHARED.is_dir():
        pytest.skip(f"no {SHARED}: real pairs and golden outputs are not here")
    return SHARED
