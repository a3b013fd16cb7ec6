"""Stores the statistics of accepted spans, which later spans are compared with.

The folder has one sub-folder per span. It replaces a query of ML Metadata, because open-source Kubeflow runs no TFX Resolver.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from data.storage.files import remove_partial_folders, whole_folder

_PREFIX = "span-"


def previous(directory: Path, span: int) -> Path | None:
    """Returns the folder with the statistics of the newest accepted span before this one; None where there is none.

    Args:
        directory: Folder of the accepted statistics of the data set.
        span: Number of the span to judge.
    """
    if not directory.is_dir():
        return None
    numbers = [folder.name.removeprefix(_PREFIX) for folder in directory.iterdir() if folder.name.startswith(_PREFIX)]
    earlier = [int(number) for number in numbers if number.isdigit() and int(number) < span]
    return directory / f"{_PREFIX}{max(earlier)}" if earlier else None


def number_of(folder: Path) -> int:
    """Returns the number of the span of a folder.

    Args:
        folder: Folder from `previous` or `newest`.
    """
    return int(folder.name.removeprefix(_PREFIX))


def newest(directory: Path) -> Path | None:
    """Returns the folder with the statistics of the newest accepted span; None where there is none.

    Args:
        directory: Folder of the accepted statistics of the data set.
    """
    return previous(directory, sys.maxsize)


def fingerprint(directory: Path, span: int) -> str:
    """Returns a text that changes with the statistics that a span is compared with; empty where there are none.

    Args:
        directory: Folder of the accepted statistics of the data set.
        span: Number of the span to judge.
    """
    before = previous(directory, span)
    if before is None:
        return ""
    digest = hashlib.sha256(before.name.encode())
    for file in sorted(path for path in before.rglob("*") if path.is_file()):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def keep(directory: Path, span: int, statistics: Path) -> None:
    """Stores the statistics of an accepted span, and replaces those that an earlier run stored for it.

    Args:
        directory: Folder of the accepted statistics of the data set; created where it is missing.
        span: Number of the accepted span; statistics stored earlier for it are replaced.
        statistics: Folder of its ExampleStatistics artifact.
    """
    remove_partial_folders(directory)
    with whole_folder(directory / f"{_PREFIX}{span}") as partial:
        shutil.copytree(statistics, partial, dirs_exist_ok=True)
