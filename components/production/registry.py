"""The push destination: numbered versions of a SavedModel, as TF Serving reads them.

The newest version is what is in production. A version appears by one rename, so that a reader sees the old state or the
new one, whole; what an interrupted push leaves behind has a name that no reader takes for a version. `changes` rolls back,
promotes and prunes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from components.production import denials
from data.files import remove_partial_folders, remove_whole_folder, whole_folder

SAVED_MODEL = "saved_model.pb"
RECORD = "version.json"
CARD = "model_card.md"
_LOCK = ".push.lock"

Origin = Literal["run", "rollback", "promotion", "import"]
UNKNOWN = "unknown"


class DeniedModelError(ValueError):
    """The model was rolled back; only a promotion by name brings it back."""


@dataclass(frozen=True, slots=True)
class Version:
    """One pushed version.

    Attributes:
        number: The folder's name, seconds since 1970 or the next free number.
        digest: `model_digest` of what was pushed.
        run_id: The pipeline run that made the model.
        pushed: When, UTC, ISO 8601; empty where another tool pushed it.
        origin: What put it there.
        restores: The version whose content it is, for a rollback or a promotion.
        facts: What the gate knew of it (`version_facts`); empty where no gate judged it.
    """

    number: int
    digest: str
    run_id: str
    pushed: str = ""
    origin: Origin = "run"
    restores: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Returns the record as JSON text."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Version:
        """Reads a record, also one to which a later version of this program has added something."""
        values = json.loads(text)
        return cls(**{item.name: values[item.name] for item in fields(cls) if item.name in values})


def production(destination: Path) -> Version | None:
    """Returns the version in production, or None while nothing was ever pushed.

    Args:
        destination: The push destination.
    """
    numbers = numbers_in(destination)
    return read_version(destination, numbers[-1]) if numbers else None


def versions(destination: Path) -> list[Version]:
    """Returns all versions in the push destination, oldest first; the last one is in production."""
    return [read_version(destination, number) for number in numbers_in(destination)]


def read_version(destination: Path, number: int) -> Version:
    """Returns a version; of one that some other tool put there, which has no record, the digest is taken from its files."""
    folder = destination / str(number)
    try:
        return Version.from_json((folder / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Version(number, model_digest(folder), UNKNOWN)


def push(model: Path, destination: Path, run_id: str, facts: Mapping[str, Any] | None = None) -> Version:
    """Copies a SavedModel to the destination as a new version, whole or not at all.

    Args:
        model: Folder of the SavedModel.
        destination: The push destination, made where it is missing.
        run_id: The pipeline run that pushes.
        facts: What the gate knew of the model.

    Returns:
        The new version, now in production.

    Raises:
        DeniedModelError: This very model was rolled back.
        ValueError: There is no SavedModel in the folder.
    """
    digest = model_digest(model)
    with locked(destination):
        denial = denials.read(destination).get(digest)
        if denial is not None:
            raise DeniedModelError(f"this model is version {denial.number}, which was rolled back")
        return publish(model, destination, Version(0, digest, run_id, facts=dict(facts or {})))


@contextmanager
def locked(destination: Path) -> Iterator[None]:
    """Holds the destination against other writers, having made it and removed what interrupted ones left."""
    destination.mkdir(parents=True, exist_ok=True)
    with FileLock(destination / _LOCK):
        remove_partial_folders(destination)
        yield


def publish(model: Path, destination: Path, version: Version) -> Version:
    """Makes a SavedModel the newest version; the destination must be `locked`.

    Args:
        model: Folder of the SavedModel.
        destination: The push destination.
        version: Its record; number and time are set here.

    Returns:
        The record as it was written.
    """
    numbers = numbers_in(destination)
    number = max(int(time.time()), (numbers[-1] if numbers else 0) + 1)
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    values = {item.name: getattr(version, item.name) for item in fields(version)}
    record = Version(**values | {"number": number, "pushed": now})
    with whole_folder(destination / str(number), should_flush=True) as partial:
        shutil.copytree(model, partial, dirs_exist_ok=True)
        (partial / RECORD).write_text(record.to_json(), encoding="utf-8")
    return record


def remove(destination: Path, number: int) -> None:
    """Removes a version by one rename before its files go; the destination must be `locked`."""
    remove_whole_folder(destination / str(number))


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


def numbers_in(destination: Path) -> list[int]:
    """Returns the numbers of the versions in the push destination, ascending."""
    if not destination.is_dir():
        return []
    return sorted(
        int(folder.name)
        for folder in destination.iterdir()
        if folder.name.isdigit() and (folder / SAVED_MODEL).is_file()
    )
