"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)
_LONGEST_NAME = 255  # bytes; of ext4, XFS, APFS and NTFS alike
PARTIAL_PREFIX = ".partial-"
"""Begins the name of a folder while it is being written; a writer that is killed leaves such a folder behind."""


def write_whole(path: Path, text: str, errors: str = "strict") -> None:
    """Writes a text in UTF-8 under a temporary name and renames it, so that no reader sees half of it.

    Args:
        path: The file; missing parent folders are made.
        text: Its content.
        errors: How to encode characters that UTF-8 lacks, such as those of file names in another encoding; see `str.encode`.

    Raises:
        OSError: The file cannot be written; an earlier version of it is unchanged.
    """
    write_whole_bytes(path, text.encode("utf-8", errors))


def write_whole_bytes(path: Path, data: bytes) -> None:
    """Writes bytes under a temporary name and renames the file, so that no reader sees half of it.

    Args:
        path: The file; missing parent folders are made.
        data: Its content.

    Raises:
        OSError: The file cannot be written; an earlier version of it is unchanged.
    """
    with whole_file(path) as partial:
        partial.write_bytes(data)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path to write to, and moves the file to its path when the block ends without an error.

    Args:
        path: The file; missing parent folders are made.

    Yields:
        The temporary path, in the same folder. The file is on the disk before it is renamed; after an error it is removed.

    Raises:
        OSError: The file cannot be written; an earlier version of it is unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(_short(f".{path.name}.{os.getpid()}.partial"))
    try:
        yield partial
        flush_to_disk(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: Path, *, should_flush: bool = False) -> Iterator[Path]:
    """Yields an empty temporary folder, and moves it to its path by one rename when the block ends without an error.

    A folder that has the path already is moved aside first and removed last. Only one process may write to a path at a time.

    Args:
        folder: The folder; missing parent folders are made.
        should_flush: Bring every file and name to the disk before and after the rename, to survive a power failure.

    Yields:
        The temporary folder, beside `folder`; after an error it is removed.

    Raises:
        OSError: The folder cannot be written; an earlier version of it is unchanged.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(folder)
    _remove(partial)
    partial.mkdir()
    try:
        yield partial
        if should_flush:
            for path in (*partial.rglob("*"), partial):
                flush_to_disk(path)
        replaced = _move_aside(folder) if folder.exists() else None
        partial.rename(folder)
        if should_flush:
            flush_to_disk(folder.parent)
        if replaced is not None:
            _remove(replaced)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def remove_whole_folder(folder: Path) -> None:
    """Removes a folder by one rename, so that no reader sees half of it, before its files go.

    Args:
        folder: The folder.

    Raises:
        OSError: It cannot be removed.
    """
    aside = _move_aside(folder)
    flush_to_disk(folder.parent)
    _remove(aside)


def remove_partial_folders(parent: Path) -> None:
    """Removes what writers that were killed left in a folder; call it while no one writes there.

    Args:
        parent: The folder that holds the folders written by `whole_folder`.
    """
    for path in parent.glob(f"{PARTIAL_PREFIX}*"):
        with suppress(OSError):  # the next call tries again
            _remove(path)


def _short(name: str) -> str:
    """Returns a name that file systems take: one that the additions of a writer made too long is replaced by its digest."""
    encoded = os.fsencode(name)
    return name if len(encoded) <= _LONGEST_NAME else f".{hashlib.sha256(encoded).hexdigest()}.partial"


def _remove(path: Path) -> None:
    """Removes a folder with its content, if it exists; of a symbolic link or a file only itself."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def flush_to_disk(path: Path) -> None:
    """Waits until a file's bytes, or the names in a folder, are on the disk.

    Args:
        path: A file or a folder.

    Raises:
        OSError: The disk does not take them.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems (older CIFS, Windows' disks in WSL) flush files but not folders; a rename is then as safe as there.
        if error.errno not in _NOT_FOR_FOLDERS or not path.is_dir():
            raise
    finally:
        os.close(descriptor)


def _partial(folder: Path) -> Path:
    """Returns the name of a folder while it is being written."""
    return folder.with_name(PARTIAL_PREFIX + folder.name)


def _move_aside(folder: Path) -> Path:
    """Renames a folder to one that no reader looks at, and returns that."""
    aside = _partial(folder.with_name(f"old-{folder.name}"))
    _remove(aside)
    return folder.rename(aside)
