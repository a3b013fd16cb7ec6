"""What the image holds, asked inside of it: `python contents.py`. It prints a line for each thing that holds."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from importlib import metadata
from importlib.util import cache_from_source
from pathlib import Path

SBOM = Path("/usr/share/doc/ast-restoration/sbom.cdx.json")
PACKAGES = ("data", "model_code", "components", "pipeline", "kubeflow")
OF_EXTRAS = ("kfp", "mlflow")
"""What extras of setup.py bring, which the image may lack."""


def same_as_listed() -> str:
    """The list of components has each installed distribution in its version, and nothing else."""
    listed = {(part["name"], part["version"]) for part in json.loads(SBOM.read_text())["components"]}
    installed = {(name.lower().replace("_", "-").replace(".", "-"), found.version) for name, found in _distributions()}
    wrong = sorted(listed ^ (installed - {("ast-restoration", metadata.version("ast-restoration"))}))
    assert not wrong, f"listed or installed, not both: {wrong}"
    return f"{len(listed)} components in {SBOM} are what is installed"


def licences_are_there() -> str:
    """Each licence file that a distribution's metadata names is there."""
    named = [
        (name, found, file) for name, found in _distributions() for file in found.metadata.get_all("License-File") or []
    ]
    gone = [f"{name}: {file}" for name, found, file in named if not _holds(found, file)]
    assert not gone, f"licence files that are gone: {gone}"
    return f"{len(named)} licence files of {len({name for name, _, _ in named})} distributions are there"


def imports() -> str:
    """All of our modules can be imported but those of extras, and what they load has its bytecode beside it."""
    for root in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(root).__path__, f"{root}."):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                if (error.name or "").partition(".")[0] not in OF_EXTRAS:
                    raise
    files = {module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)}
    sources = [file for file in files if file.startswith("/opt/") and file.endswith(".py")]
    without = sorted(file for file in sources if not Path(cache_from_source(file)).exists())
    assert len(without) < 0.02 * len(sources), f"{len(without)} of {len(sources)} without bytecode: {without[:20]}"
    return f"{len(sources)} modules imported, {len(without)} of them without bytecode"


def _distributions() -> list[tuple[str, metadata.Distribution]]:
    return [
        (found.name, found) for found in metadata.distributions(path=[path for path in sys.path if "/opt/" in path])
    ]


def _holds(found: metadata.Distribution, name: str) -> bool:
    folder = Path(str(found.locate_file(""))) / f"{found.name}-{found.version}.dist-info"
    paths = [Path(str(file.locate())) for file in found.files or [] if file.name == Path(name).name]
    return any(path.exists() for path in paths) or (folder / name).exists()


if __name__ == "__main__":
    for check in (same_as_listed, licences_are_there, imports):
        print(f"ok: {check()}", flush=True)
