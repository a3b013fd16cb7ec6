"""The pushed versions, from the push destination and from ML Metadata."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from components.production import registry
from components.production.registry import Version
from data.errors import InputError
from pipeline.models.pushed_models import pushed_models
from pipeline.screen.terminal import print_line

FOLDER, METADATA = "folder", "metadata"


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A pushed version and its state.

    Attributes:
        version: Its record.
        known_from: The sources that have the record: "folder", "metadata", or both.
        in_production: Whether it is the production model.
        denied: Why its model may not be pushed again; None where it may.
        damage: Why its folder cannot be used; None where it can, or where there is none.
    """

    version: Version
    known_from: tuple[str, ...]
    in_production: bool
    denied: str | None
    damage: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the version as plain JSON values."""
        return asdict(self.version) | {
            "known_from": list(self.known_from),
            "in_production": self.in_production,
            "denied": self.denied,
            "damage": self.damage,
        }

    @property
    def state(self) -> str:
        """The state in words: in production, rolled back, kept or removed."""
        if self.in_production:
            return "in production" + (f"; {self.denied}" if self.denied else "")
        if self.denied:
            return self.denied
        if self.damage:
            return self.damage
        return "kept" if FOLDER in self.known_from else "removed"


def known_versions(destination: Path, metadata: Path) -> list[KnownVersion]:
    """Returns the versions that either source records, newest first.

    Args:
        destination: The push destination; it may be missing.
        metadata: SQLite file of ML Metadata; it may be missing.
    """
    in_folder = {version.number: version for version in registry.versions(destination)}
    in_metadata = pushed_models(metadata, destination)
    denied = registry.denied_in(destination)
    damages = {skipped.name: skipped.reason for skipped in registry.skipped_in(destination) if not skipped.is_whole}
    newest = max(in_folder, default=None)
    known = []
    for number in sorted(in_folder.keys() | in_metadata.keys(), reverse=True):
        version = in_folder.get(number) or in_metadata[number]
        sources = tuple(name for name, numbers in ((FOLDER, in_folder), (METADATA, in_metadata)) if number in numbers)
        denial = denied.get(version.digest)
        why = None if denial is None else f"rolled back {denial.when}{f': {denial.reason}' if denial.reason else ''}"
        known.append(KnownVersion(version, sources, number == newest, why, damages.get(str(number))))
    return known


def require_any(known: list[KnownVersion], destination: Path, metadata: Path) -> None:
    """Raises an InputError where no version is known."""
    if not known:
        raise InputError(
            f"{destination}: no model was pushed there, and {metadata} knows of none; run the pipeline first"
        )


def find(known: list[KnownVersion], number: int, destination: Path) -> KnownVersion:
    """Returns the version with a number.

    Raises:
        InputError: Neither source records it.
    """
    for each in known:
        if each.version.number == number:
            return each
    numbers = ", ".join(str(each.version.number) for each in known) or "none"
    raise InputError(f"{destination}: no version {number}; the versions are: {numbers}")


def is_intact(known: KnownVersion, destination: Path) -> bool | None:
    """Returns whether a version's files are unchanged since the push; None where they were removed."""
    if known.damage:
        return False
    if FOLDER not in known.known_from:
        return None
    return registry.model_digest(destination / str(known.version.number)) == known.version.digest


def note_skipped(destination: Path) -> None:
    """Prints a line on stderr for each folder that looks like a version and cannot be used, or lacks its record."""
    for skipped in registry.skipped_in(destination):
        print_line(f"note: {destination / skipped.name}: {skipped.reason}")
