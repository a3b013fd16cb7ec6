"""The models that were rolled back: no run pushes them again, only a promotion."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from components.production.version import Version
from data.storage.files import write_whole
from data.storage.foreign_files import read_file

FILE_NAME = "denied.json"
_MAX_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Denial:
    """The denial of a model.

    Attributes:
        number: The version under which the model was in production.
        when: Time of the rollback, UTC, ISO 8601.
        reason: Reason that the user gave; may be empty.
    """

    number: int
    when: str
    reason: str = ""


class DamagedDenialsError(ValueError):
    """The file of denied models is damaged; `recovered` tells what can be known without it."""


_DENIALS = TypeAdapter(dict[str, Denial])


def read(destination: Path) -> dict[str, Denial]:
    """Reads the denied models of a push destination.

    Args:
        destination: The push destination.

    Returns:
        Denials by `registry.model_digest`.

    Raises:
        DamagedDenialsError: The file is damaged.
    """
    path = destination / FILE_NAME
    try:
        return _DENIALS.validate_json(read_file(path, _MAX_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise DamagedDenialsError(f"{path}: cannot be read ({why})") from error


def recovered(versions: Iterable[Version]) -> dict[str, Denial]:
    """Returns the denials that the versions themselves show: a rollback denied the version before it.

    Args:
        versions: All versions, oldest first; a denied version that was pruned is not recovered.

    Returns:
        Denials by digest.
    """
    denied: dict[str, Denial] = {}
    before: Version | None = None
    for version in versions:
        if version.origin == "rollback" and before is not None:
            denied[before.digest] = Denial(before.number, version.pushed, "recovered from the versions")
        elif version.origin == "promotion":
            denied.pop(version.digest, None)
        before = version
    return denied


def write(destination: Path, denied: Mapping[str, Denial]) -> None:
    """Replaces the denied models, atomically; a damaged file is kept under another name.

    Args:
        destination: The push destination; the caller holds its lock.
        denied: Denials by digest.
    """
    path = destination / FILE_NAME
    try:
        read(destination)
    except DamagedDenialsError:
        path.replace(path.with_name(f"{FILE_NAME}.damaged"))
    text = json.dumps({digest: asdict(denial) for digest, denial in denied.items()}, indent=2, ensure_ascii=False)
    write_whole(path, text + "\n")
