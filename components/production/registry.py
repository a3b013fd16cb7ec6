"""The push destination: numbered versions of a SavedModel, as TF Serving reads them.

The newest version is in production. A version appears by one rename, so that readers see the old or the new state. An
interrupted push leaves a folder whose name no reader takes for a version. `changes` rolls back, promotes and prunes.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from components.production import denials
from components.production.denials import Denial
from components.production.settled import settled
from components.production.signatures import sign
from components.production.version import MAX_RECORD_BYTES, RECORD, UNKNOWN, Version
from components.production.version_folder import CARD, SAVED_MODEL, SIGNATURE, files_of, missing_part, number_of
from data.storage.files import remove_partial_folders, remove_whole_folder, whole_folder
from data.storage.foreign_files import open_file
from data.storage.locks import exclusive

__all__ = [
    "CARD", "RECORD", "SAVED_MODEL", "UNKNOWN", "DeniedModelError", "SkippedFolder", "denied_in", "Version", "locked",
    "model_digest", "numbers_in", "production", "publish", "push", "read_version", "remove", "skipped_in", "versions",
]  # fmt: skip

_LOCK = ".push.lock"
_log = logging.getLogger("ast-restore models")


class DeniedModelError(ValueError):
    """The model was rolled back; only a promotion brings it back."""


@dataclass(frozen=True, slots=True)
class SkippedFolder:
    """An entry of the push destination that looks like a version and cannot be used.

    Attributes:
        name: Its name.
        reason: Why it cannot be used.
        is_whole: Whether its model can be used all the same, so that only its record is lost.
    """

    name: str
    reason: str
    is_whole: bool = False


def production(destination: Path) -> Version | None:
    """Returns the production version, or None before the first push.

    Args:
        destination: The push destination.
    """

    def read() -> Version | None:
        numbers = numbers_in(destination)
        return read_version(destination, numbers[-1]) if numbers else None

    return settled(destination, read)


def versions(destination: Path) -> list[Version]:
    """Returns all versions in the push destination, oldest first; the last one is in production.

    Args:
        destination: The push destination.
    """
    return settled(destination, lambda: [read_version(destination, number) for number in numbers_in(destination)])


def read_version(destination: Path, number: int) -> Version:
    """Reads a version. Without a readable record, as from another tool, it gets its digest from its files.

    Args:
        destination: The push destination.
        number: Number of the version.

    Returns:
        The version; its number is the folder's, whatever the record of a copied folder says.

    Raises:
        ValueError: The folder has neither a record nor a SavedModel.
    """
    folder = destination / str(number)
    try:
        return replace(_read_record(folder), number=number)
    except (FileNotFoundError, ValueError):
        return Version(number, model_digest(folder), UNKNOWN)


def _read_record(folder: Path) -> Version:
    """Reads a version's record; raises FileNotFoundError where there is none, and ValueError where it is not one."""
    with open_file(folder / RECORD) as file:
        text = file.read(MAX_RECORD_BYTES + 1)
    if len(text) > MAX_RECORD_BYTES:
        raise ValueError(f"not a version record (more than {MAX_RECORD_BYTES} bytes)")
    return Version.from_json(text)


def push(
    model: Path,
    destination: Path,
    run_id: str,
    facts: Mapping[str, Any] | None = None,
    signing_key: Path | None = None,
) -> Version:
    """Publishes a SavedModel as a new version, atomically.

    Args:
        model: Folder of the SavedModel.
        destination: The push destination; it is created where it is missing.
        run_id: Id of the pipeline run.
        facts: `version_facts` of the Gate's judgement.
        signing_key: PEM file of the private key to sign the version with; None for no signature.

    Returns:
        The new version, now in production.

    Raises:
        DeniedModelError: The model was rolled back.
        ValueError: The folder holds no SavedModel.
        InputError: It cannot be signed.
    """
    digest = model_digest(model)
    with locked(destination):
        denial = denied_in(destination).get(digest)
        if denial is not None:
            raise DeniedModelError(f"this model is version {denial.number}, which was rolled back")
        return publish(model, destination, Version(0, digest, run_id, facts=dict(facts or {})), signing_key)


def denied_in(destination: Path) -> dict[str, Denial]:
    """Returns the denied models; where their file is damaged, those that the versions show, with a warning.

    Args:
        destination: The push destination.

    Returns:
        Denials by `model_digest`.
    """
    try:
        return denials.read(destination)
    except denials.DamagedDenialsError as error:
        recovered = denials.recovered(versions(destination))
        _log.warning("%s; %d denied models are known from the versions' own records", error, len(recovered))
        return recovered


@contextmanager
def locked(destination: Path) -> Iterator[None]:
    """Holds the writers' lock of a push destination, after creating it and removing what interrupted writers left.

    Args:
        destination: The push destination.

    Yields:
        Nothing; the lock is released at the end of the block.
    """
    with exclusive(destination / _LOCK, should_wait=True):
        remove_partial_folders(destination)
        yield


def publish(model: Path, destination: Path, version: Version, signing_key: Path | None = None) -> Version:
    """Makes a SavedModel the newest version; the caller holds the lock (`locked`).

    Args:
        model: Folder of the SavedModel.
        destination: The push destination.
        version: Its record; number and time are replaced.
        signing_key: PEM file of the private key to sign the version with; None for no signature.

    Returns:
        The written record.

    Raises:
        InputError: It cannot be signed; nothing is published then.
    """
    numbers = numbers_in(destination)
    number = max(int(time.time()), (numbers[-1] if numbers else 0) + 1)
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    values = {item.name: getattr(version, item.name) for item in fields(version)}
    sizes = {path.relative_to(model).as_posix(): path.stat().st_size for path in _model_files(model)}
    record = Version(**values | {"number": number, "pushed": now, "sizes": sizes})
    with whole_folder(destination / str(number), should_flush=True) as partial:
        # A signature covers the record, so that of an earlier version does not hold for the new one.
        shutil.copytree(model, partial, dirs_exist_ok=True, ignore=shutil.ignore_patterns(SIGNATURE))
        (partial / RECORD).write_text(record.to_json(), encoding="utf-8")
        if signing_key is not None:
            sign(partial, signing_key)
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

    It skips `fingerprint.pb`, which differs each time one model is saved, the version record, the model card and the signature.

    Args:
        model: Folder of the SavedModel.

    Raises:
        ValueError: The folder holds no SavedModel.
    """
    if not (model / SAVED_MODEL).is_file():
        raise ValueError(f"{model}: no {SAVED_MODEL} in it; name the folder of a SavedModel")
    digest = hashlib.sha256()
    for path in _model_files(model):
        if path.name == "fingerprint.pb":
            continue
        digest.update(
            f"{path.relative_to(model).as_posix()}\0{path.stat().st_size}\0".encode("utf-8", "surrogateescape")
        )
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def _model_files(model: Path) -> Iterator[Path]:
    return (path for path in files_of(model) if path.name not in (RECORD, CARD, SIGNATURE))


def numbers_in(destination: Path) -> list[int]:
    """Returns the numbers of the versions in the push destination, ascending.

    Args:
        destination: The push destination; a missing folder has no versions.
    """
    return [
        number
        for number, skipped in _entries(destination)
        if number is not None and (skipped is None or skipped.is_whole)
    ]


def skipped_in(destination: Path) -> list[SkippedFolder]:
    """Returns the entries of the push destination that look like versions and cannot be used, or lack their record.

    Args:
        destination: The push destination.
    """
    return [skipped for _, skipped in _entries(destination) if skipped is not None]


def _entries(destination: Path) -> list[tuple[int | None, SkippedFolder | None]]:
    """Returns number and problem of each entry that a person would take for a version, by number."""
    entries = settled(destination, lambda: _read_entries(destination))
    return sorted(entries, key=lambda item: -1 if item[0] is None else item[0])


def _read_entries(destination: Path) -> list[tuple[int | None, SkippedFolder | None]]:
    if not destination.is_dir():
        return []
    return [
        (number_of(entry.name), _problem(entry))
        for entry in destination.iterdir()
        if entry.name.isdigit() and not entry.is_file()
    ]


def _problem(folder: Path) -> SkippedFolder | None:
    """Returns why a folder that is named like a version cannot be used; None where it can."""
    if number_of(folder.name) is None:
        return SkippedFolder(folder.name, "is not the usual form of a number; rename it")
    try:
        record, reason = _read_record(folder), ""
    except FileNotFoundError:
        record, reason = None, ""
    except ValueError as error:
        record, reason = None, f"{RECORD}: {error}; its facts are unknown"
    except OSError as error:
        return SkippedFolder(folder.name, f"{RECORD}: cannot be read ({error.strerror})")
    missing = missing_part(folder, record.sizes if record else {})
    if missing:
        return SkippedFolder(folder.name, f"not whole, or still being copied: {missing}")
    return SkippedFolder(folder.name, reason, is_whole=True) if reason else None
