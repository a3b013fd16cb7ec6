"""Which pictures lie in a folder: nothing leaves it, nothing is left out in silence."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path

from data.errors import InputError
from data.image.files import FOREIGN_SUFFIXES, IMAGE_SUFFIXES

# Names listed in an error before it says how many more there are.
_LISTED = 20


def list_images(root: Path, folder: str, anything: bool = False) -> tuple[list[str], list[str]]:
    """Lists the pictures under a folder, sub-folders included; hidden files are passed over.

    Args:
        root: The source folder, which nothing may leave.
        folder: Relative to it.
        anything: List every picture there is, of whatever kind and wherever a link leads, and none as well: for whoever has a
            word to say about each.

    Returns:
        The names of the pictures and of the other files, POSIX, relative to the root, sorted.

    Raises:
        InputError: The folder is missing, holds no picture, leads out of the root, or holds one of a kind not taken.
    """
    base = root / folder
    check_inside(root, base, folder)
    if not base.is_dir():
        raise InputError(f"{base}: no such folder; give the right one with --input-dir or --target-dir")
    images: list[str] = []
    others: list[str] = []
    for entry, name in _walk(base, folder):
        if not anything:
            # Only a link leads anywhere else: the folders above it are none, or were refused.
            check_inside(root, Path(entry.path), name) if entry.is_symlink() else _check_text(name)
        suffix = posixpath.splitext(name)[1].lower()
        if suffix in FOREIGN_SUFFIXES and not anything:
            raise InputError(f"{name}: only PNG and JPEG are taken; convert it, or move it out of the folder")
        (images if suffix in (*IMAGE_SUFFIXES, *FOREIGN_SUFFIXES) else others).append(name)
    if not images and not anything:
        raise InputError(f"{base}: holds no PNG or JPEG picture; give the folder that does")
    return images, others


def check_inside(root: Path, path: Path, name: str) -> None:
    """Refuses a path that leads out of the source folder, by `..` or by a symbolic link, or cannot be written down.

    Raises:
        InputError: It does.
    """
    _check_text(name)
    if not path.resolve().is_relative_to(root.resolve()):
        raise InputError(f"{name}: leads out of {root}; copy what it points to into the folder")


def enumerate_names(names: Iterable[str]) -> str:
    """Returns names in a row, the first few of many."""
    listed = list(names)
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return ", ".join(listed[:_LISTED]) + more


def _walk(base: Path, folder: str) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Yields the files below a folder that are not hidden, with their names, in the order of these.

    Raises:
        InputError: There is a link to a folder: what is behind it would be passed over, or found twice.
    """
    with os.scandir(base) as found:
        entries = sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda entry: entry.name)
    for entry in entries:
        name = entry.name if folder in (".", "") else f"{folder}/{entry.name}"
        if not entry.is_dir():
            yield entry, name
        elif entry.is_symlink():
            raise InputError(f"{name}: a symbolic link to a folder; give the folder itself")
        else:
            yield from _walk(Path(entry.path), name)


def _check_text(name: str) -> None:
    if not name.isprintable():
        raise InputError(f"{name!r}: the name holds characters that are no text; rename the file")
