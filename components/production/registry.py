"""The push destination: numbered versions of a SavedModel, as TF Serving reads them.

The newest version is what is in production. A version appears by one rename, so that a reader sees the old state or the
new one, whole; what an interrupted push leaves behind has a name that no reader takes for a version.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

SAVED_MODEL = "saved_model.pb"
RECORD = "version.json"
CARD = "model_card.md"
_PARTIAL = ".partial-"
_LOCK = ".push.lock"


@dataclass(frozen=True, slots=True)
class Version:
    """One pushed version.

    Attributes:
        number: The folder's name, seconds since 1970 or the next free number.
        digest: `model_digest` of what was pushed.
        run_id: The pipeline run that pushed it.
    """

    number: int
    digest: str
    run_id: str


def production(destination: Path) -> Version | None:
    """Returns the version in production, or None while nothing was ever pushed.

    A version that some other tool put there has no record; its digest is taken from its files.

    Args:
        destination: The push destination.
    """
    numbers = _numbers(destination)
    if not numbers:
        return None
    folder = destination / str(numbers[-1])
    try:
        return Version(**json.loads((folder / RECORD).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Version(numbers[-1], model_digest(folder), "unknown")


def push(model: Path, destination: Path, run_id: str) -> Version:
    """Copies a SavedModel to the destination as a new version, whole or not at all.

    Args:
        model: Folder of the SavedModel.
        destination: The push destination, made where it is missing.
        run_id: The pipeline run that pushes.

    Returns:
        The new version, now in production.
    """
    destination.mkdir(parents=True, exist_ok=True)
    with FileLock(destination / _LOCK):
        for leftover in destination.glob(f"{_PARTIAL}*"):
            shutil.rmtree(leftover)
        newest = max(_numbers(destination), default=0)
        version = Version(max(int(time.time()), newest + 1), model_digest(model), run_id)
        partial = destination / f"{_PARTIAL}{version.number}"
        shutil.copytree(model, partial)
        (partial / RECORD).write_text(json.dumps(asdict(version), indent=2) + "\n", encoding="utf-8")
        for path in (*partial.rglob("*"), partial):
            _sync(path)
        partial.rename(destination / str(version.number))
        _sync(destination)
    return version


def model_digest(model: Path) -> str:
    """Returns the SHA-256 over names and contents of a SavedModel's files.

    `fingerprint.pb` is left out, since it differs each time the same model is saved, and so are the version record and the
    model card.

    Args:
        model: Folder of the SavedModel.

    Raises:
        ValueError: There is no SavedModel in the folder.
    """
    if not (model / SAVED_MODEL).is_file():
        raise ValueError(f"{model}: no {SAVED_MODEL} in it, so it is no SavedModel")
    digest = hashlib.sha256()
    for path in sorted(model.rglob("*")):
        if path.is_file() and path.name not in ("fingerprint.pb", RECORD, CARD):
            digest.update(f"{path.relative_to(model).as_posix()}\0{path.stat().st_size}\0".encode())
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
    return digest.hexdigest()


def _numbers(destination: Path) -> list[int]:
    if not destination.is_dir():
        return []
    return sorted(
        int(folder.name)
        for folder in destination.iterdir()
        if folder.name.isdigit() and (folder / SAVED_MODEL).is_file()
    )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
