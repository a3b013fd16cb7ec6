"""The statistics of accepted data, kept from one run to the next: what the measurements of a new span are held against.

They lie in a folder beside the runs, one sub-folder a span, since open-source Kubeflow runs no Resolver that could ask
ML Metadata. A sub-folder appears by one rename, whole.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

_PREFIX = "span-"
_PARTIAL = ".partial-"


def previous(directory: Path, span: int) -> Path | None:
    """Returns the folder with the statistics of the newest accepted span before this one; None where there is none.

    Args:
        directory: Of the data set.
        span: Number of the span that is to be judged.
    """
    if not directory.is_dir():
        return None
    numbers = [folder.name.removeprefix(_PREFIX) for folder in directory.iterdir() if folder.name.startswith(_PREFIX)]
    earlier = [int(number) for number in numbers if number.isdigit() and int(number) < span]
    return directory / f"{_PREFIX}{max(earlier)}" if earlier else None


def number_of(folder: Path) -> int:
    """Returns the number of the span whose statistics a folder, as `previous` returned it, holds."""
    return int(folder.name.removeprefix(_PREFIX))


def newest(directory: Path) -> Path | None:
    """Returns the folder with the statistics of the newest accepted span of a data set; None where there is none."""
    return previous(directory, sys.maxsize)


def keep(directory: Path, span: int, statistics: Path) -> None:
    """Keeps the statistics of a span that was accepted, in place of what an earlier run left of it.

    Args:
        directory: Of the data set; made where it is missing.
        span: The span's number.
        statistics: Folder of a statistics artifact.
    """
    directory.mkdir(parents=True, exist_ok=True)
    partial, place = directory / f"{_PARTIAL}{span}", directory / f"{_PREFIX}{span}"
    for leftover in (partial, directory / f"{_PARTIAL}old-{span}"):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(statistics, partial)
    if place.exists():
        old = place.rename(directory / f"{_PARTIAL}old-{span}")
        partial.rename(place)
        shutil.rmtree(old)
    else:
        partial.rename(place)
