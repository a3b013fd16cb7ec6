"""The process of a probe, which may be started ahead of its check: loading TensorFlow takes it seconds.

A runner that runs the components in its own process starts one while another component is at work; the check takes it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from components.infra_check import probe

_waiting: list[subprocess.Popen[str]] = []
"""The process that was started ahead, if there is one."""


def start_ahead() -> None:
    """Starts a process for the next check; `none_left_waiting` ends it where there is no check."""
    if not _waiting:
        _waiting.append(_start())


@contextmanager
def none_left_waiting() -> Iterator[None]:
    """Ends a process that no check has taken when the context ends."""
    try:
        yield
    finally:
        while _waiting:
            _end(_waiting.pop())


@contextmanager
def probe_process() -> Iterator[subprocess.Popen[str]]:
    """Yields the process that was started ahead, or one that starts now, and ends it with the context.

    The process reads its paths from its standard input (`probe`).
    """
    process = _waiting.pop() if _waiting else None
    if process is None or process.poll() is not None:
        process = _start()
    try:
        yield process
    finally:
        _end(process)


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", probe.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )


def _end(process: subprocess.Popen[str]) -> None:
    with process:  # closes its pipes and waits for it
        process.kill()
