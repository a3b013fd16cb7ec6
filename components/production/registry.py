"""The push destination: numbered versions of a SavedModel, as TF Serving reads them.

The newest version is in production. A version appears by one rename, so that readers see the old or the new state. An
interrupted push leaves a folder whose name no reader takes for a version. `changes` rolls back, promotes and prunes.
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
    """The model was rolled back; only a promotion brings it back."""


@dataclass(frozen=True, slots=True)
class Version:
    """One pushed version.

    Attributes:
        number: Name of the folder: seconds since 1970, or the next free number.
        digest: `model_digest` of the model.
        run_id: Pipeline run that trained the model.
        pushed: Time of the push, UTC, ISO 8601; empty where another tool pushed it.
        origin: Whether a run, a rollback, a promotion or an import published it.
        restores: The version with the same content, for a rollback or a promotion.
        facts: `version_facts` of the Gate's judgement; empty where no Gate judged the model.
    """

    number: int
    digest: str
    run_id: str
    pushed: str = ""
    origin: Origin = "run"
    restores: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Returns the version record as JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Version:
        """Returns the version that `to_json` wrote; fields that a later release added are ignored.

        Args:
            text: The JSON.
        """
        values = json.loads(text)
        return cls(**{item.name: values[item.name] for item in fields(cls) if item.name in values})


def production(destination: Path) -> Version | None:
    """Returns the production version, or None before the first push.

    Args:
        destination: The push destination.
    """
    numbers = numbers_in(destination)
    return read_version(destination, numbers[-1]) if numbers else None


def versions(destination: Path) -> list[Version]:
    """Returns all versions in the push destination, oldest first; the last one is in production.

    Args:
        destination: The push destination.
    """
    return [read_version(destination, number) for number in numbers_in(destination)]


def read_version(destination: Path, number: int) -> Version:
    """Reads a version. A version without a record, from another tool, gets its digest from its files.

    Args:
        destination: The push destination.
        number: Number of the version.

    Returns:
        The version.

    Raises:
        ValueError: The folder has neither a record nor a SavedModel.
    """
    folder = destination / str(number)
    try:
        return Version.from_json((folder / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Version(number, model_digest(folder), UNKNOWN)


def push(model: Path, destination: Path, run_id: str, facts: Mapping[str, Any] | None = None) -> Version:
    """Publishes a SavedModel as a new version, atomically.

    Args:
        model: Folder of the SavedModel.
        destination: The push destination; it is created where it is missing.
        run_id: Id of the pipeline run.
        facts: `version_facts` of the Gate's judgement.

    Returns:
        The new version, now in production.

    Raises:
        DeniedModelError: The model was rolled back.
        ValueError: The folder holds no SavedModel.
    """
    digest = model_digest(model)
    with locked(destination):
        denial = denials.read(destination).get(digest)
        if denial is not None:
            raise DeniedModelError(f"this model is version {denial.number}, which was rolled back")
        return publish(model, destination, Version(0, digest, run_id, facts=dict(facts or {})))


@contextmanager
def locked(destination: Path) -> Iterator[None]:
    """Holds the writers' lock of a push destination, after creating it and removing what interrupted writers left.

    Args:
        destination: The push destination.

    Yields:
        Nothing; the lock is released at the end of the block.
    """
    destination.mkdir(parents=True, exist_ok=True)
    with FileLock(destination / _LOCK):
        remove_partial_folders(destination)
        yield


def publish(model: Path, destination: Path, version: Version) -> Version:
    """Makes a SavedModel the newest version; the caller holds the lock (`locked`).

    Args:
        model: Folder of the SavedModel.
        destination: The push destination.
        version: Its record; number and time are replaced.

    Returns:
        The written record.
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
    """Removes a version: renames its folder, then deletes the files. The caller holds the lock (`locked`).

    Args:
        destination: The push destination.
        number: Number of the version.
    """
    remove_whole_folder(destination / str(number))


def model_digest(model: Path) -> str:
    """Returns the SHA-256 of the names and contents of a SavedModel's files, hexadecimal.

    It skips `fingerprint.pb`, which differs each time one model is saved, the version record and the model card.

    Args:
        model: Folder of the SavedModel.

    Raises:
        ValueError: The folder holds no SavedModel.
    """
    if not (model / SAVED_MODEL).is_file():
        raise ValueError(f"{model}: no {SAVED_MODEL} in it; name the folder of a SavedModel")
    digest = hashlib.sha256()
    for path in sorted(model.rglob("*")):
        if path.is_file() and path.name not in ("fingerprint.pb", RECORD, CARD):
            digest.update(f"{path.relative_to(model).as_posix()}\0{path.stat().st_size}\0".encode())
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
    return digest.hexdigest()


def numbers_in(destination: Path) -> list[int]:
    """Returns the numbers of the versions in the push destination, ascending.

    Args:
        destination: The push destination; a missing folder has no versions.
    """
    if not destination.is_dir():
        return []
    return sorted(
        int(folder.name)
        for folder in destination.iterdir()
        if folder.name.isdigit() and (folder / SAVED_MODEL).is_file()
    )
