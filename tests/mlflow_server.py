"""A real MLflow server for tests: the whole package, in an environment of its own, on the loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.environments import ROOT, python_with

PATIENCE = 300.0


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """Runs a server while the context lasts, and yields its URI; without a network the test is skipped.

    Args:
        folder: A folder for its database and artifacts.
    """
    lock = ROOT / "requirements/mlflow-server.lock"
    python = python_with("mlflow-server", lock, "THE EXPORT TO MLFLOW IS NOT TESTED")
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", port, "--workers", 1]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", folder / "artifacts"]
    # The environment of its own must not find the packages of this one, and reports nothing to anybody.
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MLFLOW_"))}
    variables |= {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            list(map(str, command)), cwd=folder, env=variables, stdout=log, stderr=log, start_new_session=True
        )
    uri = f"http://127.0.0.1:{port}"
    try:
        _wait(process, uri, folder / "server.log")
        yield uri
    finally:
        # The server's own processes end with it; a second signal is for one that hangs.
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], uri: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{uri}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, log.read_text(errors="replace")[-2000:]
            time.sleep(0.1)
    raise TimeoutError(f"the MLflow server did not answer: {log.read_text(errors='replace')[-2000:]}")
