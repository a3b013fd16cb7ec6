"""The manifest of a span, `manifest.json`: its counts, scenes and source files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from data.errors import InputError
from data.plain_text import one_line
from data.storage.foreign_files import read_file

MANIFEST_NAME = "manifest.json"
_MAX_BYTES = 2**30
_SPAN_PATTERN = re.compile(r"span-(\d+)")
_DISTRIBUTION = "ast-restoration"


@dataclass(frozen=True, slots=True)
class SceneEntry:
    """One scene of a span.

    Attributes:
        split: The split that holds all of its pairs.
        pairs: Number of its pairs.
        hashes: Perceptual hashes of its clean images, by which a later span recognises it.
    """

    split: str
    pairs: int
    hashes: list[str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Contents and provenance of a span. All but `created` depends only on the sources and the request.

    Attributes:
        span: Number of the span.
        source: Name of the data set.
        rule: How pairs were found: the layout's name and options, or the parameters of synthesis.
        seed: Seed of the split (and of the rain, where it was drawn).
        shares: Shares of the pairs that the splits were to get.
        code_version: Version of the distribution that wrote the span.
        created: Time of writing, UTC, ISO 8601.
        pairs: Number of pairs.
        counts: Number of pairs by value, by "split", "degradation", "severity" and "split/severity".
        sizes: Number of pairs by the clean image's size, "HEIGHTxWIDTH".
        scenes: The scenes by id.
        files: SHA-256 of each source file, by its name relative to the source folder.
        reencoded: Why images are not stored as the bytes that were published, by name.
        ignored: Files of the source folders that are no images.
        shards: Names of the record files.
        leaks: Inputs by scene, of scenes that lie on both sides of the set's own split into train and test folders. In the span
            all of a scene is in one split, unless the set's own split was asked for.
        dropped: Inputs of pairs that were left out, because their scene lies in a more protected split.
    """

    span: int
    source: str
    rule: dict[str, object]
    seed: int
    shares: dict[str, int | float]  # as it was written: the digest tells 1 from 1.0
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
    dropped: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """Returns the manifest as JSON text."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    def digest(self) -> str:
        """Returns the SHA-256 of all but the time of writing: the same sources and request give the same digest."""
        content = {name: value for name, value in asdict(self).items() if name != "created"}
        if not self.dropped:
            del content["dropped"]  # a span without it has the digest that it had before the field existed
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str, name: str = MANIFEST_NAME) -> Manifest:
        """Reads a manifest.

        Args:
            text: JSON.
            name: What an error calls it.

        Returns:
            The manifest.

        Raises:
            InputError: The text is not a manifest.
        """
        try:
            manifest = _FORM.validate_json(text, strict=True)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, problem["loc"]))
            why = one_line(f"{where}: {problem['msg']}" if where else problem["msg"], 120)
            raise InputError(f"{name}: not a manifest of this program ({why}); remove its span folder") from error
        if "split" not in manifest.counts:
            raise InputError(
                f"{name}: not a manifest of this program (no counts of the splits); remove its span folder"
            )
        return manifest


_FORM = TypeAdapter(Manifest)


def span_folder(destination: Path, span: int) -> Path:
    """Returns the folder of a span.

    Args:
        destination: Folder of the spans.
        span: Number of the span.

    Returns:
        The folder `span-N`.
    """
    return destination / f"span-{span}"


def read_manifest(folder: Path) -> Manifest:
    """Reads the manifest of a span.

    Args:
        folder: The span's folder.

    Returns:
        The manifest.

    Raises:
        InputError: There is none, or the file is not a manifest.
    """
    path = folder / MANIFEST_NAME
    try:
        return Manifest.from_json(read_file(path, _MAX_BYTES).decode(), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); remove its span folder") from error


def spans(destination: Path) -> list[int]:
    """Lists the spans under a folder.

    Args:
        destination: Folder of the spans.

    Returns:
        Their numbers, ascending; none if the folder is missing.
    """
    if not destination.is_dir():
        return []
    matches = (_SPAN_PATTERN.fullmatch(entry.name) for entry in destination.iterdir() if entry.is_dir())
    return sorted(int(match.group(1)) for match in matches if match)


def read_manifests(destination: Path) -> list[Manifest]:
    """Reads the manifests of all spans under a folder.

    Args:
        destination: Folder of the spans.

    Returns:
        The manifests, in order of the spans' numbers.

    Raises:
        InputError: A span has none, or a damaged one.
    """
    return [read_manifest(span_folder(destination, number)) for number in spans(destination)]


def known_scenes(manifests: Iterable[Manifest]) -> dict[str, SceneEntry]:
    """Merges the scenes of several spans.

    Args:
        manifests: Manifests of the spans, in order of their numbers.

    Returns:
        By scene id: its split, the number of all its pairs, and all its hashes.
    """
    merged: dict[str, SceneEntry] = {}
    for manifest in manifests:
        for name, entry in manifest.scenes.items():
            before = merged.get(name, SceneEntry(entry.split, 0, []))
            hashes = sorted({*before.hashes, *entry.hashes})
            merged[name] = SceneEntry(before.split, before.pairs + entry.pairs, hashes)
    return merged


def code_version() -> str:
    """Returns the version of the installed distribution, or "unknown" if it is not installed."""
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"
