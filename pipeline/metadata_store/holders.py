"""Which other processes hold a file, as far as the operating system says it: of Linux' locks, and of open files."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import psutil

from data.plain_text import one_line

_LOCKS = Path("/proc/locks")
_LONGEST_COMMAND = 120
_URL = re.compile(r"\w+://\S+")


def lock_holders(file: Path) -> list[int]:
    """Returns the ids of the other processes that have a lock on a file; none where the system has no `/proc/locks`.

    Args:
        file: The file; a missing one has no locks.
    """
    try:
        inode, locks = file.stat().st_ino, _LOCKS.read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    # 4: POSIX  ADVISORY  WRITE 12097 fe:00:9986616 1073741824 1073742335; a waiting one has "->" after its number. The device
    # is not compared: that of an overlay is another here than in stat.
    lines = (line.split() for line in locks.splitlines())
    found = {int(line[4]) for line in lines if len(line) == 8 and line[5].rpartition(":")[2] == str(inode)}
    return sorted(found - {0, os.getpid()})  # 0 stands for processes of another container


def describe_holders(file: Path) -> str:
    """Says which other processes hold a file: those with a lock, else those that have it open.

    Args:
        file: The file.

    Returns:
        Such as "process 12097 (python report.py)"; "another process" where the system does not tell.
    """
    pids = lock_holders(file) or sorted(_with_open_file(file))
    return " and ".join(map(_described, pids[:3])) or "another process"


def _with_open_file(file: Path) -> Iterator[int]:
    real = os.path.realpath(file)
    for process in psutil.process_iter():
        # A process that has just ended, or is another user's.
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and any(each.path == real for each in process.open_files()):
                yield process.pid


def _described(pid: int) -> str:
    """Returns the id and the command of a process; addresses in its arguments are left out, as they may hold passwords."""
    try:
        command = " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        command = ""
    return f"process {pid} ({one_line(_URL.sub('URL', command), _LONGEST_COMMAND)})" if command else f"process {pid}"
