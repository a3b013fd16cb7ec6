"""`ast-restore serve` in a process of its own, for the benchmark and the tests."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO
from urllib.parse import urlsplit

from pipeline.benchmarks.common import AST_RESTORE

_TIMEOUT_SECONDS = 120


@dataclass(slots=True)
class ServerProcess:
    """A listening server.

    Attributes:
        process: The process.
        host: Address it listens at.
        port: Port it listens at.
        log: Lines of its stderr so far.
    """

    process: subprocess.Popen[str]
    host: str = ""
    port: int = 0
    log: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """URL of the server."""
        return f"http://{self.host}:{self.port}"


@contextmanager
def server_process(*arguments: object) -> Iterator[ServerProcess]:
    """Starts `ast-restore serve` at a free port, waits until it listens, and stops it with SIGTERM at the end.

    Args:
        arguments: Arguments of the command, without --port.

    Raises:
        RuntimeError: The server ended before it listened.
    """
    command = [*AST_RESTORE, "serve", "--port", "0", *map(str, arguments)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, errors="replace"
    )
    server = ServerProcess(process)
    assert process.stdout is not None
    assert process.stderr is not None
    reader = threading.Thread(target=_append_lines, args=(process.stderr, server.log), daemon=True)
    reader.start()
    try:
        listening = re.search(r"http://(.+)", process.stdout.readline())
        if listening is None:
            reader.join(_TIMEOUT_SECONDS)
            raise RuntimeError(f"the server does not listen: {''.join(server.log)[-2000:]}")
        address = urlsplit(listening[0].strip())
        server.host, server.port = address.hostname or "", address.port or 0
        yield server
    finally:
        process.terminate()
        try:
            process.wait(_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join()
        process.stdout.close()
        process.stderr.close()


def _append_lines(stream: IO[str], lines: list[str]) -> None:
    for line in stream:  # not `extend`, which appends only at the end of the stream
        lines.append(line)
