"""Runs a command in an image with runc, from the image's own configuration, as a strict cluster would.

The root is read-only, there are no capabilities and no new privileges; only `/tmp` and the volume can be written. The network
is this machine's.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WRITABLE = "nosuid", "nodev", "mode=1777"
DEVICES = {
    "/proc": ("proc", ()),
    "/dev": ("tmpfs", ("nosuid", "mode=755", "size=65536k")),
    "/dev/shm": ("tmpfs", WRITABLE),
    "/tmp": ("tmpfs", WRITABLE),
}


@dataclass(frozen=True, slots=True)
class Image:
    """A mounted image.

    Attributes:
        root: Folder in which its files are mounted.
        config: Its OCI configuration: `Env`, `User`, `Entrypoint`, `Cmd`, `WorkingDir`, `Labels`.
    """

    root: Path
    config: dict[str, object]

    def start(
        self,
        arguments: Sequence[str] | None = None,
        *,
        entrypoint: Sequence[str] | None = None,
        mounts: Sequence[str] = (),
    ) -> subprocess.Popen[str]:
        """Starts a container and returns the process of runc, which has its output and passes signals on.

        Args:
            arguments: In place of the image's `Cmd`.
            entrypoint: In place of the image's `Entrypoint`, as Kubernetes's `command`.
            mounts: Folders as `SOURCE:TARGET` or `SOURCE:TARGET:ro`.
        """
        chosen = self.config.get("Entrypoint", []) if entrypoint is None else entrypoint
        following = (self.config.get("Cmd", []) if entrypoint is None else []) if arguments is None else arguments
        bundle = Path(tempfile.mkdtemp(prefix="ast-image-"))
        (bundle / "config.json").write_text(json.dumps(self._runtime([*chosen, *following], mounts)), encoding="utf-8")
        command = ["runc", "--root", str(bundle / "state"), "run", "--bundle", str(bundle), bundle.name]
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(
        self, *arguments: str, entrypoint: Sequence[str] | None = None, mounts: Sequence[str] = ()
    ) -> tuple[int, str]:
        """Runs a container to its end; see `start`.

        Returns:
            The exit code, and all that it printed.
        """
        process = self.start(arguments or None, entrypoint=entrypoint, mounts=mounts)
        output, _ = process.communicate()
        return process.returncode, output

    def _runtime(self, arguments: Sequence[str], mounts: Sequence[str]) -> dict[str, object]:
        uid, gid = (int(number) for number in str(self.config["User"]).split(":"))
        return {
            "ociVersion": "1.0.2",
            "root": {"path": str(self.root), "readonly": True},
            "process": {
                "user": {"uid": uid, "gid": gid},
                "args": list(arguments),
                "env": [*self.config["Env"], "HOME=/home/ast"],
                "cwd": self.config["WorkingDir"],
                "capabilities": {name: [] for name in ("bounding", "effective", "permitted")},
                "noNewPrivileges": True,
            },
            "mounts": [
                *(
                    {"destination": path, "type": kind, "source": kind, "options": list(options)}
                    for path, (kind, options) in DEVICES.items()
                ),
                *(_bound(*mount.split(":")) for mount in mounts),
            ],
            "linux": {"namespaces": [{"type": name} for name in ("pid", "ipc", "uts", "mount")]},
        }


def _bound(source: str, target: str, mode: str = "rw") -> dict[str, object]:
    return {"destination": target, "type": "bind", "source": source, "options": ["rbind", mode]}
