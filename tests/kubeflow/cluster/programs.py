"""The programs of Kubernetes, Argo and Kubeflow Pipelines, and images that hold one of them, built once in a cache."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from tests.environments import ROOT, cache, skip
from tests.go_programs import go_programs, module_folder

HERE = Path(__file__).parent
BACKEND = HERE.parent / "acceptance/backend"
"""Folder of the go.mod that names Kubeflow Pipelines."""

SKIPPED = "THE PIPELINE IS NOT TESTED ON KUBERNETES"

_KUBERNETES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl")
_KUBERNETES_VERSION = [
    f"k8s.io/component-base/version.{name}" for name in ("gitVersion=v1.34.4", "gitMajor=1", "gitMinor=34")
]
"""That of go.mod: these programs ask for their own."""
_ARGO = "github.com/argoproj/argo-workflows/v3"
_PIPELINES = "github.com/kubeflow/pipelines"
_BACKEND = {
    "driver": "backend/src/v2/cmd/driver",
    "launcher-v2": "backend/src/v2/cmd/launcher-v2",
    "apiserver": "backend/src/apiserver",
    "persistence": "backend/src/agent/persistence",
}
_SIGNALS = {"workflow/executor/os-specific/signal_linux.go": "signal_darwin.go"}
"""A symbolic link of Argo's repository; archives of Go's modules have none."""

_PAUSE = """
#include <signal.h>
#include <unistd.h>
static void end(int signal) { _exit(0); }
int main(void) { signal(SIGINT, end); signal(SIGTERM, end); for (;;) pause(); }
"""
"""The process that holds a pod's namespaces."""


def program_folders() -> dict[str, Path]:
    """Returns the folders of the built programs of `kubernetes`, `argo` and `kubeflow`."""
    kubernetes = {name: f"k8s.io/kubernetes/cmd/{name}" for name in _KUBERNETES}
    argo = {name: f"{_ARGO}/cmd/{name}" for name in ("argoexec", "workflow-controller")}
    kubeflow = {name: f"{_PIPELINES}/{package}" for name, package in _BACKEND.items()}
    return {
        "kubernetes": go_programs("kubernetes", HERE / "kubernetes", kubernetes, SKIPPED, values=_KUBERNETES_VERSION),
        "argo": go_programs("argo", HERE / "argo", argo, SKIPPED, links={_ARGO: _SIGNALS}),
        "kubeflow": go_programs("kubeflow-server", BACKEND, kubeflow, SKIPPED, needs_c=["apiserver"]),
    }


def definitions() -> list[Path]:
    """Returns the files with the kinds of objects that Argo and Kubeflow add to Kubernetes."""
    argo = module_folder(HERE / "argo", _ARGO, SKIPPED) / "manifests/base/crds/minimal"
    kubeflow = module_folder(BACKEND, _PIPELINES, SKIPPED) / "manifests/kustomize/base/pipeline/cluster-scoped"
    return sorted([*argo.glob("argoproj.io_*.yaml"), *kubeflow.glob("*-crd.yaml")])


def server_configuration() -> Path:
    """Returns the configuration that Kubeflow's API server is shipped with, a JSON file."""
    return module_folder(BACKEND, _PIPELINES, SKIPPED) / "backend/src/apiserver/config/config.json"


def program_images(folders: Mapping[str, Path], folder: Path) -> list[Path]:
    """Returns archives of images with one program each, by buildah.

    Args:
        folders: From `program_folders`.
        folder: Folder for the archives.
    """
    if shutil.which("buildah") is None or shutil.which("gcc") is None:
        skip(SKIPPED, "there is no buildah or gcc (apt-get install buildah gcc)")
    source, pause = folder / "pause.c", folder / "pause"
    source.write_text(_PAUSE)
    subprocess.run(["gcc", "-static", "-O2", "-o", pause, source], check=True)
    programs = {
        "pause:1": pause,
        "argoexec:1": folders["argo"] / "argoexec",
        "kfp-driver:1": folders["kubeflow"] / "driver",
        "kfp-launcher:1": folders["kubeflow"] / "launcher-v2",
    }
    return [_image(name, program, folder) for name, program in programs.items()]


def _buildah(storage: Path, run: Path, *words: object) -> str:
    """Returns what buildah prints."""
    command = ["buildah", "--root", str(storage), "--runroot", str(run), *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _image(name: str, program: Path, folder: Path) -> Path:
    archive = folder / f"{program.name}.tar"
    buildah = partial(_buildah, folder / "store", folder / "run")
    container = buildah("from", "scratch")
    buildah("copy", container, program, f"/usr/bin/{program.name}")
    buildah("config", "--env", "PATH=/usr/bin", "--entrypoint", f'["/usr/bin/{program.name}"]', container)
    buildah("commit", "--quiet", "--rm", container, f"localhost/{name}")
    buildah("push", "--quiet", f"localhost/{name}", f"docker-archive:{archive}:localhost/{name}")
    return archive


def project_image(folder: Path, name: str) -> Path:
    """Returns an archive of the image that `KEEP=1 make image-test` left, with this checkout's code where that differs.

    Args:
        folder: Folder for the archive.
        name: Name of the image in the archive.
    """
    work = cache() / "image"
    buildah = partial(_buildah, work / "storage", work / "run")
    built = "localhost/ast-restoration:cpu"
    if not buildah("images", "--quiet", "--filter", f"reference={built}"):
        skip(SKIPPED, "there is no image of the project here (KEEP=1 make image-test)")
    container = buildah("from", "--pull-never", built)
    root = Path(buildah("mount", container))
    for package in ("pipeline", "components", "model_code", "data", "kubeflow"):
        # The image's bytecode is not checked against the source, so it goes with it.
        shutil.rmtree(root / "opt/ast" / package)
        shutil.copytree(ROOT / package, root / "opt/ast" / package, ignore=shutil.ignore_patterns("__pycache__"))
    buildah("umount", container)
    buildah("commit", "--quiet", "--rm", container, name)
    archive = folder / "project.tar"
    buildah("push", "--quiet", name, f"docker-archive:{archive}:{name}")
    buildah("rmi", name)
    return archive
