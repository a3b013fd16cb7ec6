"""Reading a push destination without the writers' lock, while versions may be pruned from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_MAX_READS = 50
"""A prune takes longer than a read, so that the second one is settled unless prunes follow each other without a pause."""


def settled(destination: Path, read: Callable[[], T]) -> T:
    """Returns what a function reads from a push destination, from a reading during which no version went.

    A version that goes between being listed and being read would look damaged; if it was the newest, there would seem to be no
    production model. Readers take no lock, because a server may read a folder that it cannot write.

    Args:
        destination: The push destination; a missing folder is empty.
        read: Reads it.

    Raises:
        Exception: What `read` raises while no version goes.
    """
    for _ in range(_MAX_READS):
        before = _names(destination)
        try:
            result = read()
        except (OSError, ValueError):
            if before <= _names(destination):
                raise
            continue
        if before <= _names(destination):
            return result
    return read()


def _names(destination: Path) -> set[str]:
    try:
        return {entry.name for entry in destination.iterdir() if entry.name.isdigit()}
    except FileNotFoundError:
        return set()
