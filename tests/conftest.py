"""Fixtures for every test, and how two workers share the tests out."""

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.signing import Keys, new_keys, program_folder

SHARED = Path(__file__).resolve().parents[2] / "shared"
MINUTES = {"long": 2.0, "slow": 0.5}
"""Expected minutes of a test with a marker that gives none, such as `@pytest.mark.long(minutes=7)`."""

_LONGEST_BYTES_IN_NAME = 32


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real pairs and golden outputs that lies beside the project, where it is there at all."""
    if not SHARED.is_dir():
        pytest.skip(f"no {SHARED}: real pairs and golden outputs are not here")
    return SHARED


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory, worker_id) -> Path:
    """A folder that all workers of a test session share; lock it to write."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "session"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def keys(tmp_path, monkeypatch) -> Keys:
    """A pair of keys, with the program that signs on PATH."""
    monkeypatch.setenv("PATH", f"{program_folder()}{os.pathsep}{os.environ['PATH']}")
    return new_keys(tmp_path / "keys")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Names long bytes by their length: their content may hold a time, and all workers must name a test alike."""
    return f"{argname} of {len(val)} bytes" if isinstance(val, bytes) and len(val) > _LONGEST_BYTES_IN_NAME else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups the tests for `--dist loadgroup` and puts the longest groups first, so that all workers end together.

    A file is a group, because its tests share fixtures. A test of minutes that shares none of its file's fixtures is a group
    of its own.
    """
    groups = [_group(item) for item in items]
    minutes = Counter()
    for item, group in zip(items, groups, strict=True):
        item.add_marker(pytest.mark.xdist_group(group))
        minutes[group] += _minutes(item)
    order = sorted(range(len(items)), key=lambda index: -minutes[groups[index]])
    items[:] = [items[index] for index in order]


def _group(item: pytest.Item) -> str:
    file, _, name = item.nodeid.partition("::")
    definitions = item._fixtureinfo.name2fixturedefs.values()
    is_alone = _minutes(item) > 0 and all(found[-1].scope in ("function", "session") for found in definitions)
    return f"{file}::{name.translate(str.maketrans('[]@', '()-'))}" if is_alone else file


def _minutes(item: pytest.Item) -> float:
    for name, expected in MINUTES.items():
        marker = item.get_closest_marker(name)
        if marker is not None:
            return marker.kwargs.get("minutes", expected)
    return 0.0
