"""The process that talks to MLflow: reads a request from standard input, writes the result to standard output."""

from __future__ import annotations

import os
import sys

from pipeline.tracking.exchange import Request


def main() -> None:
    """Sends what standard input asks for."""
    # What libraries print must not get between the lines of the answer.
    answer = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    request = Request.model_validate_json(sys.stdin.buffer.read())
    from pipeline.tracking.client import send

    with os.fdopen(answer, "wb") as stream:
        stream.write(send(request).model_dump_json().encode())


if __name__ == "__main__":
    main()
