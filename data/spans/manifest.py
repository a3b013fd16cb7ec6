"""What a span says of itself: the file `manifest.json` beside its records."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from data.errors import InputError

MANIFEST_NAME = "manifest.json"
_SPAN_PATTERN = re.compile(r"span-(\d+)")
_DISTRIBUTION = "ast-restoration"


@dataclass(frozen=True, slots=True)
class SceneEntry:
    """One scene of a span.

    Attributes:
        split: Where all of its pairs lie.
        pairs: How many there are.
        hashes: Perceptual hashes of its clean images, by which a later span finds it again.
    """

    split: str
    pairs: int
    hashes: list[str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What lies in a span, and where it came from. All but `created` depends on the sources and the request alone.

    Attributes:
        span: Number of the span.
        source: Name of the data set.
        rule: How pairs were found: the layout's name and options, or the parameters of synthesis.
        seed: Seed of the split (and of the rain, where it was drawn).
        shares: Part of the pairs that each split was to get.
        code_version: Version of the distribution that wrote the span.
        created: When, UTC, ISO 8601.
        pairs: Number of pairs.
        counts: By "split", "degradation" and "severity", and "split/severity": number of pairs by value.
        sizes: Number of pairs by the clean image's size, "HEIGHTxWIDTH".
        scenes: By scene id.
        files: SHA-256 of each source file, by its name relative to the source folder.
        reencoded: Images whose bytes are not those that were published, by name, with the reason.
        ignored: Files of the source folders that are no pictures.
        shards: Names of the record files.
        leaks: Scenes that lie on both sides of the set's own split into train and test folders, with their inputs. Here all of
            a scene is in one split.
    """

    span: int
    source: str
    rule: dict[str, Any]
    seed: int
    shares: dict[str, float]
    code_version: str
    created: str
    pairs: int = 0
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    scenes: dict[str, SceneEntry] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    reencoded: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    shards: list[str] = field(default_factory=list)
    leaks: dict[str, list[str]] = field(default_factory=dict)

    def to_json(self) -> str:
        """Returns the manifest as JSON text."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    def digest(self) -> str:
        """Returns the SHA-256 of all but when it was written: the same sources and the same request give the same one."""
        content = {name: value for name, value in asdict(self).items() if name != "created"}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str, name: str = MANIFEST_NAME) -> Manifest:
        """Reads a manifest.

        Args:
            text: JSON.
            name: What an error calls it.

        Raises:
            InputError: It is no manifest.
        """
        try:
            values = json.loads(text)
            values["scenes"] = {key: SceneEntry(**entry) for key, entry in values["scenes"].items()}
            values.setdefault("leaks", {})  # earlier versions did not look for them
            return cls(**{item.name: values[item.name] for item in fields(cls)})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{name}: not a manifest of this program ({error!r}); remove its span folder") from error


def span_folder(destination: Path, span: int) -> Path:
    """Returns where a span lies."""
    return destination / f"span-{span}"


def read_manifest(folder: Path) -> Manifest:
    """Reads the manifest of a span.

    Raises:
        InputError: There is none, or it is no manifest.
    """
    path = folder / MANIFEST_NAME
    try:
        return Manifest.from_json(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); remove its span folder") from error


def spans(destination: Path) -> list[int]:
    """Returns the numbers of the spans under a folder, ascending."""
    if not destination.is_dir():
        return []
    matches = (_SPAN_PATTERN.fullmatch(entry.name) for entry in destination.iterdir() if entry.is_dir())
    return sorted(int(match.group(1)) for match in matches if match)


def read_manifests(destination: Path) -> list[Manifest]:
    """Reads the manifests of all spans under a folder, in order of their numbers.

    Raises:
        InputError: A span has none, or a damaged one.
    """
    return [read_manifest(span_folder(destination, number)) for number in spans(destination)]


def known_scenes(manifests: Iterable[Manifest]) -> dict[str, SceneEntry]:
    """Returns the scenes of several spans as one: their split, all their pairs, and all their hashes."""
    merged: dict[str, SceneEntry] = {}
    for manifest in manifests:
        for name, entry in manifest.scenes.items():
            before = merged.get(name, SceneEntry(entry.split, 0, []))
            hashes = sorted({*before.hashes, *entry.hashes})
            merged[name] = SceneEntry(before.split, before.pairs + entry.pairs, hashes)
    return merged


def code_version() -> str:
    """Returns the version of the installed distribution, or "unknown" where it is not installed."""
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"
