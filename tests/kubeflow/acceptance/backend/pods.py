"""Containers of an Argo workflow as processes of this machine, each with a root file system of its own and the image's user."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.environments import skip
from tests.kubeflow.acceptance.backend.binaries import FOLDER, SKIPPED, programs
from tests.kubeflow.acceptance.containers import USER, container_settings

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")
"""Words before a command that end it with this process, however this process ends."""
_PROGRAMS = "/kubeflow"
_ARGOEXEC = """#!/bin/sh
# Called as `argoexec emissary -- COMMAND`. Argo's own one also captures outputs and signals, for its controller.
shift 2
exec "$@"
"""


def require_pods() -> None:
    """Skips a test where this machine cannot give a process a root file system of its own."""
    if os.geteuid() != 0:
        skip(SKIPPED, "only root gives processes a root file system of their own; run it as root")
    missing = [name for name in ("setpriv", "unshare", "chroot", "mount") if shutil.which(name) is None]
    if missing:
        skip(SKIPPED, f"there is no {', '.join(missing)}; apt-get install util-linux")


@dataclass(frozen=True)
class Ended:
    """A container that has ended.

    Attributes:
        name: Path of the workflow's task, as `entrypoint.root.Trainer.executor`.
        spec: The container, as Kubernetes would get it.
        code: Its exit code.
        log: Everything that it printed.
        message: What it left in /dev/termination-log.
    """

    name: str
    spec: dict
    code: int
    log: str
    message: str


@dataclass
class Node:
    """A node of the cluster.

    Attributes:
        folder: Folder for logs and volumes.
        service_account: Folder that each pod sees as its service account.
        services: Environment variables that name the cluster's services, which Kubernetes gives each pod.
        config_maps: Content of config maps by name.
        secrets: Content of secrets by name.
        claims: Folders of persistent volume claims by name.
        ended: The containers that have ended, in order.
    """

    folder: Path
    service_account: Path
    services: Mapping[str, str]
    config_maps: Mapping[str, Mapping[str, str]]
    secrets: Mapping[str, Mapping[str, str]]
    claims: Mapping[str, Path]
    ended: list[Ended] = field(default_factory=list)

    def run_pod(self, name: str, spec: dict, outputs: Path | None = None) -> Ended:
        """Runs the init containers of a pod and then its main container; a container that fails ends it.

        Args:
            name: Path of the workflow's task.
            spec: The pod's spec.
            outputs: Folder that the pod sees as /tmp/outputs, where Argo reads the outputs of a template.

        Returns:
            The container that ended last.
        """
        folder = self.folder / f"{len(self.ended):03}-{name}"
        volumes = {volume["name"]: self._volume(volume, folder) for volume in spec.get("volumes", ())}
        for container in [*spec.get("initContainers", ()), *spec["containers"]]:
            ended = self._run_container(name, container, folder / "containers" / container["name"], volumes, outputs)
            self.ended.append(ended)
            if ended.code:
                break
        return ended

    def _volume(self, volume: dict, folder: Path) -> Path:
        if "persistentVolumeClaim" in volume:
            return self.claims[volume["persistentVolumeClaim"]["claimName"]]
        assert "emptyDir" in volume, volume
        path = folder / "volumes" / volume["name"]
        path.mkdir(parents=True)
        path.chmod(0o777)
        return path

    def _run_container(
        self, name: str, container: dict, folder: Path, volumes: Mapping[str, Path], outputs: Path | None
    ) -> Ended:
        folder.mkdir(parents=True)
        image = container_settings([])
        variables = self._variables(name, container)
        argoexec = folder / "argoexec"
        argoexec.write_text(_ARGOEXEC)
        argoexec.chmod(0o755)
        mounts = [f"ro {path} {path}" for path in image["read"]]
        mounts += [f"ro {programs()} {_PROGRAMS}", f"ro {self.service_account} {SERVICE_ACCOUNT}"]
        mounts += [f"ro {argoexec} /var/run/argo/argoexec"]
        mounts += [f"rw {outputs} /tmp/outputs"] if outputs else []
        mounts += [f"rw {volumes[mount['name']]} {mount['mountPath']}" for mount in container.get("volumeMounts", ())]
        table = folder / "mounts"
        table.write_text("\n".join(mounts) + "\n")
        command = [_expanded(word, variables) for word in (*container["command"], *container.get("args", ()))]
        own = [*DIES_WITH_US, "unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
        log = folder / "log"
        with log.open("wb") as output:
            code = subprocess.run(
                [*own, FOLDER / "pod.sh", table, str(USER), *command],
                env={**image["environment"], **variables, "PATH": f"{_PROGRAMS}:{image['environment']['PATH']}"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=900,
                check=False,
            ).returncode
        message = (folder / "mounts.message").read_text()
        return Ended(name, container, code, log.read_text(errors="replace"), message)

    def _variables(self, name: str, container: dict) -> dict[str, str]:
        variables = dict(self.services)
        for source in container.get("envFrom", ()):
            variables |= self.config_maps[source["configMapRef"]["name"]]
        fields = {"metadata.name": f"pod-{name.lower()}", "metadata.uid": f"uid-{name.lower()}"}
        for variable in container.get("env", ()):
            source = variable.get("valueFrom", {})
            if "fieldRef" in source:
                value = fields[source["fieldRef"]["fieldPath"]]
            elif "secretKeyRef" in source:
                value = self.secrets[source["secretKeyRef"]["name"]][source["secretKeyRef"]["key"]]
            else:
                value = variable["value"]
            variables[variable["name"]] = value
        return variables


def _expanded(word: str, variables: Mapping[str, str]) -> str:
    """Returns a word of a command with `$(NAME)` replaced, as Kubernetes does it."""
    return re.sub(r"\$\((\w+)\)", lambda match: variables.get(match[1], match[0]), word)


def patched(pod: dict, patch: dict) -> dict:
    """Returns a pod's spec with Argo's `podSpecPatch`, a strategic merge: lists of things with a name are merged by the name.

    Args:
        pod: The pod's spec.
        patch: What the driver wants changed.
    """
    merged = {**pod, **{key: value for key, value in patch.items() if key not in ("containers", "volumes")}}
    ((container,), (changes,)) = pod["containers"], patch["containers"]
    assert container["name"] == changes["name"]
    lists = {key: [*container.get(key, ()), *changes.get(key, ())] for key in ("env", "volumeMounts")}
    merged["containers"] = [{**container, **changes, **lists}]
    merged["volumes"] = [*pod.get("volumes", ()), *patch.get("volumes", ())]
    return merged
