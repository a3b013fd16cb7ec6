"""The models that were rolled back: no run pushes them again, only a promotion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from data.files import write_whole

FILE_NAME = "denied.json"


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


def read(destination: Path) -> dict[str, Denial]:
    """Reads the denied models of a push destination.

    Args:
        destination: The push destination.

    Returns:
        Denials by `registry.model_digest`.
    """
    try:
        text = (destination / FILE_NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return {digest: Denial(**values) for digest, values in json.loads(text).items()}


def write(destination: Path, denied: Mapping[str, Denial]) -> None:
    """Replaces the denied models, atomically.

    Args:
        destination: The push destination; the caller holds its lock.
        denied: Denials by digest.
    """
    text = json.dumps({digest: asdict(denial) for digest, denial in denied.items()}, indent=2, ensure_ascii=False)
    write_whole(destination / FILE_NAME, text + "\n")
