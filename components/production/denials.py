"""The models that were rolled back: no run pushes them again, only a promotion by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from data.files import write_whole

FILE_NAME = "denied.json"


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a model is denied.

    Attributes:
        number: The version under which it was in production.
        when: UTC, ISO 8601.
        reason: In the words of whoever rolled back; may be empty.
    """

    number: int
    when: str
    reason: str = ""


def read(destination: Path) -> dict[str, Denial]:
    """Returns the denied models of a push destination, by digest."""
    try:
        text = (destination / FILE_NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return {digest: Denial(**values) for digest, values in json.loads(text).items()}


def write(destination: Path, denied: Mapping[str, Denial]) -> None:
    """Replaces the list, whole; the destination must be locked."""
    text = json.dumps({digest: asdict(denial) for digest, denial in denied.items()}, indent=2, ensure_ascii=False)
    write_whole(destination / FILE_NAME, text + "\n")
