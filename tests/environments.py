"""Python environments beside the project's, for programs whose packages do not fit TFX's; made once in a cache."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[1]
_OFFLINE = ("failed to fetch", "dns error", "Request failed", "error sending request")


def cache() -> Path:
    """Returns the folder for what is fetched or built once, outside the project."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ast-restoration"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def skip(skipped: str, reason: str) -> None:
    """Skips a test and says so on the terminal, once for each reason, whatever pytest shows.

    Args:
        skipped: What is not tested, in capitals.
        reason: What is not here, and what to do.
    """
    _say(f"*** {skipped}: {reason} ***")
    pytest.skip(reason)


@functools.cache
def _say(line: str) -> None:
    print(line, file=sys.__stderr__)


def python_with(name: str, lock: Path, skipped: str) -> Path:
    """Returns the interpreter of an environment; without a network the test is skipped.

    Args:
        name: Name of the environment.
        lock: Its packages, with hashes.
        skipped: What is not tested then, in capitals.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    folder = cache() / f"{name}-python-{version}-{digest}"
    python = folder / "bin/python"
    with FileLock(f"{folder}.lock"):
        if not ((folder / "ready").exists() and python.exists()):
            shutil.rmtree(folder, ignore_errors=True)
            # The interpreter behind this checkout's environment: the cache outlives the checkout, and uv links to what it gets.
            _uv(skipped, "venv", "--python", Path(sys.executable).resolve(), folder)
            _uv(skipped, "pip", "sync", "--python", python, "--require-hashes", "--compile-bytecode", lock)
            (folder / "ready").touch()
    return python


def _uv(skipped: str, *words: object) -> None:
    uv = ROOT / ".venv-tools/bin/uv"
    if not uv.exists():
        pytest.skip(f"no {uv}: run `requirements/setup.sh --uv`; {skipped}")
    done = subprocess.run([uv, "--quiet", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode and any(text in done.stderr for text in _OFFLINE):
        pytest.skip(f"the package index cannot be reached; {skipped}: {done.stderr[:300]}")
    assert done.returncode == 0, done.stderr
