"""Files that somebody else put there: a pipe never answers, a device never ends, and a link leads anywhere or to itself."""

from __future__ import annotations

import errno
import os
import stat
from io import FileIO
from pathlib import Path
from typing import BinaryIO


def open_file(path: Path) -> FileIO:
    """Opens a regular file for reading, unbuffered.

    Args:
        path: The file; a symbolic link is followed.

    Returns:
        The open file.

    Raises:
        OSError: It cannot be opened, or is a folder, pipe, socket or device; `strerror` says which.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe would be waited for
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "a pipe, socket or device, not a file", str(path))
        return os.fdopen(descriptor, "rb", buffering=0)
    except BaseException:
        os.close(descriptor)
        raise


def read_file(path: Path, max_bytes: int) -> bytes:
    """Reads a regular file that must not be larger than a limit.

    Args:
        path: The file.
        max_bytes: The limit.

    Returns:
        The content.

    Raises:
        OSError: It cannot be read, is not a regular file, or is larger.
    """
    with open_file(path) as file:
        return _limited(file, path, max_bytes)


def read_stream(path: Path, max_bytes: int) -> bytes:
    """Reads a file, or a pipe until its writer ends, as a shell makes one for `<(...)`; no more than a limit.

    Args:
        path: The file or pipe.
        max_bytes: The limit.

    Returns:
        The content.

    Raises:
        OSError: It cannot be read, or is larger.
    """
    with path.open("rb") as file:
        return _limited(file, path, max_bytes)


def real(path: Path) -> Path:
    """Returns an absolute path without links; where a link leads to itself, it stays, and `Path.resolve` raises.

    Args:
        path: The path; it may be missing.
    """
    return Path(os.path.realpath(path))


def _limited(file: BinaryIO, path: Path, max_bytes: int) -> bytes:
    # An unbuffered file may give less than was asked for.
    content = bytearray()
    while len(content) <= max_bytes and (part := file.read(max_bytes + 1 - len(content))):
        content += part
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"larger than {max_bytes:,} bytes", str(path))
    return bytes(content)
