"""One run as a process of its own, which a schedule can stop."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from threading import Event

_POLL_SECONDS = 0.2


def run_child(arguments: Sequence[str], stop: Event, grace_seconds: float) -> int:
    """Runs `ast-restore` with arguments and waits for it.

    Args:
        arguments: Of the command.
        stop: Once set, the child is asked to end, and killed if it does not.
        grace_seconds: How long it may take to end.

    Returns:
        Its exit code; negative: the number of the signal that ended it.
    """
    command = [sys.executable, "-c", "from pipeline.commands.cli import main; main()", *arguments]
    with subprocess.Popen(command, start_new_session=False) as child:
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
