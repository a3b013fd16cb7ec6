"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, text: str, errors: str = "strict") -> None:
    """Writes a text in UTF-8 under a temporary name and renames it, so that no reader sees half of it.

    Args:
        path: Where to; folders that are missing are made.
        text: What to write.
        errors: What becomes of characters that UTF-8 has not, such as those of names in another encoding; see `str.encode`.

    Raises:
        OSError: It cannot be written; what stood there stands there still.
    """
    write_whole_bytes(path, text.encode("utf-8", errors))


def write_whole_bytes(path: Path, data: bytes) -> None:
    """Writes bytes under a temporary name and renames it, so that no reader sees half of them.

    Args:
        path: Where to; folders that are missing are made.
        data: What to write.

    Raises:
        OSError: It cannot be written; what stood there stands there still.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
