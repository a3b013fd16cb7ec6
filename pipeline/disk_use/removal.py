"""Removes what a workspace no longer needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from data.errors import InputError
from data.storage.files import remove_whole_folder
from pipeline.disk_use.contents import Part


def chosen(parts: Iterable[Part], names: Sequence[str]) -> list[Part]:
    """Returns the parts that go.

    Args:
        parts: What the workspace holds.
        names: Names of kinds; empty: all that can be removed and need not be named.
    """
    return [
        part for part in parts if part.kind.cost and (part.kind.name in names if names else not part.kind.must_be_named)
    ]


def remove(parts: Iterable[Part]) -> None:
    """Removes the files and folders of parts, each folder whole or not at all: TFX would take half an artifact for one.

    Args:
        parts: From `chosen`; the caller holds the workspace's lock.

    Raises:
        InputError: Something cannot be removed.
    """
    for part in parts:
        if not part.kind.cost:
            raise ValueError(f"{part.kind.name} must stay")
        for path in part.paths:
            try:
                if path.is_dir() and not path.is_symlink():
                    remove_whole_folder(path)
                else:
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise InputError(f"{path}: cannot be removed ({error.strerror}); the rest stays") from error
