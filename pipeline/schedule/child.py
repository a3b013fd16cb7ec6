"""A run in a child process, which a schedule can stop."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from threading import Event
from typing import IO

_POLL_SECONDS = 0.2


def run_child(arguments: Sequence[str], stop: Event, grace_seconds: float, errors: IO[bytes] | None = None) -> int:
    """Runs `ast-restore` in a child process and waits for it.

    Args:
        arguments: Arguments of `ast-restore`.
        stop: When it is set, the child gets SIGTERM, and SIGKILL if it does not end in time.
        grace_seconds: Seconds between SIGTERM and SIGKILL.
        errors: File for the child's stderr, and its stdout is dropped; None: both go where this process's go.

    Returns:
        The exit code; a negative one is the number of the signal that ended the child.
    """
    command = [sys.executable, "-c", "from pipeline.commands.cli import main; main()", *arguments]
    stdout = None if errors is None else subprocess.DEVNULL
    with subprocess.Popen(command, start_new_session=False, stdout=stdout, stderr=errors) as child:
        while not stop.wait(_POLL_SECONDS):
            code = child.poll()
            if code is not None:
                return code
        child.send_signal(signal.SIGTERM)
        try:
            return child.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()
