"""The version that answers most requests while a canary tries a newer one: the last that a canary or a person let pass.

A server with `--canary` writes it, and a promotion. Every other reader takes the newest version, whatever stands here.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from data.errors import InputError
from data.storage.files import write_whole
from data.storage.foreign_files import read_file

FILE_NAME = "proven.json"
_MAX_BYTES = 2**16


@dataclass(frozen=True, slots=True)
class Proven:
    """A version that may answer every request.

    Attributes:
        number: Its number.
        digest: `registry.model_digest` of the model.
        when: Since when, UTC, ISO 8601.
    """

    number: int
    digest: str
    when: str


_PROVEN = TypeAdapter(Proven)


def read(destination: Path) -> Proven | None:
    """Returns the proven version of a push destination; None where no canary was used there.

    Args:
        destination: The push destination.

    Raises:
        InputError: The file is damaged.
    """
    path = destination / FILE_NAME
    try:
        return _PROVEN.validate_json(read_file(path, _MAX_BYTES))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise InputError(
            f"{path}: cannot be read ({why}); remove it, and the newest version counts as proven"
        ) from error


def write(destination: Path, number: int, digest: str) -> None:
    """Replaces the proven version, atomically.

    Args:
        destination: The push destination; the caller holds its lock.
        number: The version.
        digest: Its `registry.model_digest`.
    """
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    write_whole(destination / FILE_NAME, json.dumps(asdict(Proven(number, digest, now)), indent=2) + "\n")
