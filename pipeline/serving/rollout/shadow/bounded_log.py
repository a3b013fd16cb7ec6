"""A log of lines of JSON in bounded space: each line is written whole, by one call, and for its owner only."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import InputError
from data.storage.locks import exclusive

MAX_BYTES = 16 * 2**20
"""Size at which a file is put aside; the one that was aside before is removed, so that a log takes twice this at most."""

_OWNER_ONLY = 0o600
_FOLDER_OWNER_ONLY = 0o700
_LOCK = ".lock"
_CHUNK = 2**16

_log = logging.getLogger("ast-restore serve")


class BoundedLog:
    """Appends lines to `NAME.jsonl`; the lines before lie in `NAME.1.jsonl`."""

    def __init__(self, folder: Path, name: str, max_bytes: int) -> None:
        """Use `opened`."""
        self._path, self._aside = log_files(folder, name)
        self._max_bytes = max_bytes
        self._problem = ""
        self._descriptor = _open(self._path)
        self._size = _without_partial_line(self._descriptor)

    def add(self, text: str) -> bool:
        """Appends one line; returns whether it was written. A full disk is logged, once, and leaves no half of a line.

        Args:
            text: JSON without line breaks.
        """
        line = f"{text}\n".encode()
        try:
            if self._size and self._size + len(line) > self._max_bytes:
                self._put_aside()
            written = os.write(self._descriptor, line)
            if written != len(line):
                os.ftruncate(self._descriptor, self._size)
                raise OSError(0, "no room for a line")
        except OSError as error:
            if self._problem != str(error):
                self._problem = str(error)
                _log.warning("%s: nothing is written: %s", self._path, error.strerror)
            return False
        self._size += written
        self._problem = ""
        return True

    def close(self) -> None:
        """Closes the file."""
        os.close(self._descriptor)

    def _put_aside(self) -> None:
        if self._path.exists():  # not where the last attempt ended between the two
            self._path.replace(self._aside)
        descriptor = _open(self._path)
        os.close(self._descriptor)
        self._descriptor, self._size = descriptor, 0


@contextmanager
def opened(folder: Path, name: str, max_bytes: int = MAX_BYTES) -> Iterator[BoundedLog]:
    """Opens a log for this process alone, and removes the half line that a power failure may have left at its end.

    Args:
        folder: Its folder, which is made where it is missing.
        name: Name of its files.
        max_bytes: Size at which a file is put aside.

    Raises:
        InputError: The folder cannot be written, or another process writes there.
    """
    try:
        folder.mkdir(mode=_FOLDER_OWNER_ONLY, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); name another folder") from error
    with exclusive(folder / _LOCK, f"{folder}: another server writes its log there; name another folder"):
        try:
            log = BoundedLog(folder, name, max_bytes)
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror}); name another folder") from error
        try:
            yield log
        finally:
            log.close()


def log_files(folder: Path, name: str) -> tuple[Path, Path]:
    """Returns the file of a log that is written, and the one with the lines before.

    Args:
        folder: Its folder.
        name: Name of its files.
    """
    return folder / f"{name}.jsonl", folder / f"{name}.1.jsonl"


def _open(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _OWNER_ONLY)
    os.fchmod(descriptor, _OWNER_ONLY)  # of a file that was there before
    return descriptor


def _without_partial_line(descriptor: int) -> int:
    """Cuts a file after its last whole line; returns its size."""
    end = size = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - _CHUNK)
        at = os.pread(descriptor, end - start, start).rfind(b"\n")
        if at >= 0:
            end = start + at + 1
            break
        end = start
    if end != size:
        os.ftruncate(descriptor, end)
    return end
