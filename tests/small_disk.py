"""A small disk that a test fills."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[Path]:
    """Mounts a small file system on a new folder; only root can.

    Args:
        path: The folder.
        size: Its size, such as "100k".

    Yields:
        The folder.
    """
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", str(path)], check=True)


def open_below(folder: Path) -> list[str]:
    """Returns the files below a folder that this process holds open, deleted ones too."""
    held = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = os.readlink(descriptor)
        except FileNotFoundError:  # the one that lists this folder
            continue
        if target.startswith(f"{folder}{os.sep}"):
            held.append(target)
    return sorted(held)
