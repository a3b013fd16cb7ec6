"""Programs in Go of other projects, built once in a cache outside the project from a go.mod and go.sum of ours."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from filelock import FileLock

from tests.environments import cache, skip

_OFFLINE = ("dial tcp", "no such host", "i/o timeout", "TLS handshake timeout", "connection refused", "403 Forbidden")
_TOO_OLD = ("invalid go version", "unknown directive", "requires go")


def go_programs(
    name: str,
    module: Path,
    packages: Mapping[str, str],
    skipped: str,
    *,
    needs_c: Sequence[str] = (),
    links: Mapping[str, Mapping[str, str]] | None = None,
    values: Sequence[str] = (),
) -> Path:
    """Returns the folder of built programs; without Go or a network the test is skipped and says so.

    Args:
        name: Name of the folder in the cache.
        module: Folder with go.mod and go.sum.
        packages: The package of each program, by the program's name.
        skipped: What is not tested then, in capitals.
        needs_c: Programs that need a C compiler.
        links: Symbolic links that a module's archive leaves out, target by path, by module.
        values: `PACKAGE.NAME=VALUE` of variables that the linker sets.
    """
    sources = sorted(path for path in module.iterdir() if path.suffix in (".mod", ".sum", ".go"))
    settings = json.dumps([packages, list(needs_c), links, list(values)], default=dict)
    digest = hashlib.sha256(b"".join([*(path.read_bytes() for path in sources), settings.encode()])).hexdigest()
    folder = cache() / f"{name}-{digest[:12]}"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            partial = folder.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            modfile = _with_links(module, partial, links or {}, skipped)
            linker = " ".join(["-ldflags=-s -w", *(f"-X {value}" for value in values)])
            for program, package in packages.items():
                build = ["go", "build", "-mod=readonly", f"-modfile={modfile}", linker]
                _go([*build, "-o", partial / program, package], module, skipped, has_c=program in needs_c)
            partial.rename(folder)
    return folder


def module_folder(module: Path, path: str, skipped: str) -> Path:
    """Returns the folder of the sources of a module that go.mod requires, in Go's cache.

    Args:
        module: Folder with go.mod and go.sum.
        path: The required module.
        skipped: What is not tested where it cannot be fetched, in capitals.
    """
    return Path(_go(["go", "list", "-m", "-f", "{{.Dir}}", path], module, skipped).strip())


def _with_links(module: Path, partial: Path, links: Mapping[str, Mapping[str, str]], skipped: str) -> Path:
    """Returns a go.mod in which modules are replaced by copies that have their symbolic links again."""
    modfile = partial / "go.mod"
    for name in ("go.mod", "go.sum"):
        shutil.copy(module / name, partial / name)
    for number, (path, missing) in enumerate(links.items()):
        copy = partial / f"module-{number}"
        _go(["go", "mod", "download", path], module, skipped)
        shutil.copytree(module_folder(module, path, skipped), copy, copy_function=shutil.copy)
        for link, target in missing.items():
            (copy / link).parent.chmod(0o755)
            (copy / link).symlink_to(target)
        _go(["go", "mod", "edit", f"-replace={path}={copy}", str(modfile)], module, skipped)
    return modfile


def _go(command: Sequence[object], module: Path, skipped: str, *, has_c: bool = False) -> str:
    if shutil.which("go") is None:
        skip(skipped, "there is no Go to build with (apt-get install golang, 1.24 or newer)")
    environment = {**os.environ, "CGO_ENABLED": str(int(has_c)), "GOFLAGS": "", "GOWORK": "off"}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=module, env=environment, capture_output=True, text=True, check=False)
    if done.returncode and any(text in done.stderr for text in _OFFLINE):
        skip(skipped, f"Go's modules cannot be reached: {done.stderr.strip().splitlines()[-1][:300]}")
    if done.returncode and any(text in done.stderr for text in _TOO_OLD):
        skip(skipped, "Go is too old to build with; it must be 1.24 or newer")
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout
