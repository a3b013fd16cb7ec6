"""A server in a process of its own, as the benchmark and the tests want one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO
from urllib.parse import urlsplit

_COMMAND = "from pipeline.commands.cli import main; main()"
_PATIENCE_SECONDS = 120


@dataclass(slots=True)
class ServerProcess:
    """A server that listens.

    Attributes:
        process: The process; its `pid` and how it ended.
        host: Where it listens.
        port: Its port.
        log: What it has said on stderr.
    """

    process: subprocess.Popen[str]
    host: str = ""
    port: int = 0
    log: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where it listens, as a client writes it."""
        return f"http://{self.host}:{self.port}"


@contextmanager
def server_process(*arguments: object) -> Iterator[ServerProcess]:
    """Starts `ast-restore serve` at a free port, waits until it listens, and ends it with SIGTERM.

    Args:
        arguments: Those of the command, without --port.

    Raises:
        RuntimeError: It did not come to listen.
    """
    command = [sys.executable, "-c", _COMMAND, "serve", "--port", "0", *map(str, arguments)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, errors="replace"
    )
    server = ServerProcess(process)
    assert process.stdout is not None
    assert process.stderr is not None
    reader = threading.Thread(target=_keep, args=(process.stderr, server.log), daemon=True)
    reader.start()
    try:
        found = re.search(r"http://(.+)", process.stdout.readline())
        if found is None:
            reader.join(_PATIENCE_SECONDS)
            raise RuntimeError(f"the server does not listen: {''.join(server.log)[-2000:]}")
        address = urlsplit(found[0].strip())
        server.host, server.port = address.hostname or "", address.port or 0
        yield server
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join()
        process.stdout.close()
        process.stderr.close()


def _keep(stream: IO[str], lines: list[str]) -> None:
    for line in stream:  # not `extend`: a line is to be there when it was said
        lines.append(line)
