"""Real containers for the tests, without an image: podman on an empty root file system and folders of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.environments import ROOT

IMAGE = "localhost/ast-restoration-empty:1"
USER = 10001
"""The user of the image, see kubeflow/Dockerfile."""
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin")


def require_containers() -> None:
    """Skips a test where this machine runs no containers."""
    missing = [name for name in ("podman", "runc") if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        need = f"apt-get install {' '.join(missing)}" if missing else "run it as root"
        pytest.skip(f"no containers here ({need}); KUBEFLOW'S OWN RUNNER IS NOT TESTED")


@contextmanager
def docker_socket() -> Iterator[Path]:
    """Yields the socket of a Docker API, served by podman with one empty image; nothing remains afterwards."""
    with tempfile.TemporaryDirectory(prefix="ast-") as short:  # podman refuses a longer path
        folder = Path(short)
        empty, socket, log = folder / "empty.tar", folder / "api.sock", folder / "log"
        tarfile.open(empty, "w").close()
        podman = ["podman", "--runtime", "runc", "--root", folder / "root", "--runroot", folder / "run"]
        made = subprocess.run([*podman, "import", "--quiet", empty, IMAGE], check=False, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        with log.open("wb") as output:
            command = [*podman, "system", "service", "--time=0", f"unix://{socket}"]
            server = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            _wait_for(socket, server, log)
            yield socket
        finally:
            subprocess.run([*podman, "rm", "--force", "--all"], check=False, capture_output=True, timeout=60)
            server.terminate()
            server.wait(30)


def _wait_for(socket: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(100):
        if socket.exists():
            return
        assert server.poll() is None, log.read_text()
        time.sleep(0.1)
    raise TimeoutError(f"podman serves no {socket}")


def container_settings(write: Sequence[Path]) -> dict:
    """Returns the settings of containers that stand for the project's image, for run_package.py.

    They have the image's user, no network, an empty root file system, and this environment and project read-only.

    Args:
        write: Folders that the tasks write, as the volume on a cluster.
    """
    environment, project = Path(sys.prefix).resolve(), ROOT.resolve()
    folders = dict.fromkeys([*_SYSTEM, *map(str, (environment, Path(sys.base_prefix).resolve(), project))])
    return {
        "read": list(folders),
        "write": list(map(str, write)),
        "user": f"{USER}:{USER}",
        "network_mode": "none",
        "tmpfs": {"/tmp": "mode=1777"},
        "working_dir": "/tmp",
        "ulimits": {"nofile": 1024, "nproc": 4096},  # podman's defaults are above what a sandbox may set
        "environment": {"PATH": f"{environment}/bin:/usr/bin:/bin", "PYTHONPATH": str(project), "HOME": "/tmp"},
    }
