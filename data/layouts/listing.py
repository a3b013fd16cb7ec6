"""The images of a folder: no path leaves it, and no image is skipped in silence."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from data.errors import InputError
from data.image.codec.files import FOREIGN_SUFFIXES, IMAGE_SUFFIXES
from data.storage.file_names import is_passed_over, is_plain
from data.storage.foreign_files import real

# An error lists this many names and then says how many more there are.
_MAX_NAMES = 20


def list_images(root: Path, folder: str, is_lenient: bool = False) -> tuple[list[str], list[str]]:
    """Lists the images under a folder, sub-folders included; hidden files and those of systems are ignored.

    Args:
        root: The source folder, which no path may leave.
        folder: The folder to list, relative to the root.
        is_lenient: List every image, of whatever format and wherever a link leads, and accept a folder without any: for a
            caller that reports on each file.

    Returns:
        The names of the images and of the other files, POSIX, relative to the root, sorted.

    Raises:
        InputError: The folder is missing, leads out of the root, holds no image, or holds one that is neither PNG nor JPEG.
    """
    base = root / folder
    check_inside(root, base, folder)
    if not base.is_dir():
        raise InputError(f"{base}: no such folder; give the right one with --input-dir or --target-dir")
    images: list[str] = []
    others: list[str] = []
    for entry, name in _walk(base, folder):
        if not is_lenient:
            # Only a link can lead out: the folders above the file are not links, or were refused.
            check_inside(root, Path(entry.path), name) if entry.is_symlink() else _check_text(name)
        suffix = posixpath.splitext(name)[1].lower()
        if suffix in FOREIGN_SUFFIXES and not is_lenient:
            raise InputError(f"{name}: only PNG and JPEG are read; convert it, or move it out of the folder")
        (images if suffix in (*IMAGE_SUFFIXES, *FOREIGN_SUFFIXES) else others).append(name)
    if not images and not is_lenient:
        raise InputError(f"{base}: holds no PNG or JPEG; give the folder that does")
    return images, others


def check_inside(root: Path, path: Path, name: str) -> None:
    """Refuses a path that leads out of the source folder, by `..` or by a symbolic link, or that is not printable.

    Args:
        root: The source folder.
        path: The path to check.
        name: What an error calls it.

    Raises:
        InputError: The path leads out, or is not printable.
    """
    _check_text(name)
    if not real(path).is_relative_to(real(root)):
        raise InputError(f"{name}: leads out of {root}; copy what it points to into the folder")


def enumerate_names(names: Iterable[str]) -> str:
    """Joins names for a message.

    Args:
        names: Any number of names.

    Returns:
        At most twenty names, and how many more there are.
    """
    shown = list(names)
    more = f" and {len(shown) - _MAX_NAMES} more" if len(shown) > _MAX_NAMES else ""
    return ", ".join(shown[:_MAX_NAMES]) + more


def _walk(base: Path, folder: str) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Yields the files below a folder that are not passed over, with their names, in the order of these.

    Raises:
        InputError: There is a link to a folder: its files would be skipped, or found twice.
    """
    with os.scandir(base) as scanned:
        entries = sorted(
            (entry for entry in scanned if not is_passed_over(PurePath(entry.name))), key=lambda entry: entry.name
        )
    for entry in entries:
        name = entry.name if folder in (".", "") else f"{folder}/{entry.name}"
        if not os.path.isdir(entry.path):  # `entry.is_dir` raises for a link to itself
            yield entry, name
        elif entry.is_symlink():
            raise InputError(f"{name}: a symbolic link to a folder; give the folder itself")
        else:
            yield from _walk(Path(entry.path), name)


def _check_text(name: str) -> None:
    if not is_plain(name):
        raise InputError(f"{name!r}: the name holds control characters; rename the file")
