"""What is to be restored, and where each result goes."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError
from data.image.files import FOREIGN_SUFFIXES, IMAGE_SUFFIXES

STREAM = "-"
"""Standard input as a source, standard output as the place for the result."""


@dataclass(frozen=True, slots=True)
class Work:
    """One image to restore.

    Attributes:
        source: Its file; None for standard input.
        place: Of the result below the output folder; of standard input, the name that its format completes.
    """

    source: Path | None
    place: Path

    @property
    def name(self) -> str:
        """What messages call it."""
        return "standard input" if self.source is None else str(self.source)


def find(sources: Iterable[str], output: Path | None) -> list[Work]:
    """Returns what is to be restored, each folder's files in the order of their names.

    Args:
        sources: Files, folders that stand for all images in them and below, globs, or `-` for standard input.
        output: The folder for the results, which is no source; None for standard output.

    Raises:
        InputError: A source is missing or holds no image, two results would be written to one file, or one over its source;
            or more than one image goes to standard output.
    """
    work: dict[Path, Work] = {}
    for source in sources:
        for item in _items(source, output):
            other = work.setdefault(item.place, item)
            if other.source != item.source:
                raise InputError(
                    f"{item.name}: would be written over the result of {other.name}; restore them to two folders"
                )
            if (
                output is not None
                and item.source is not None
                and (output / item.place).resolve() == item.source.resolve()
            ):
                raise InputError(f"{item.name}: --output would write over it; name another folder")
    if output is None and len(work) > 1:
        raise InputError(f"--output -: takes one image, these are {len(work)}; name a folder for them")
    return list(work.values())


def left_out(sources: Iterable[str]) -> list[Path]:
    """Returns the pictures in the folders among the sources that are neither PNG nor JPEG, so that nobody misses them later."""
    folders = (Path(source) for source in sources if source != STREAM)
    return sorted(
        path
        for folder in folders
        if folder.is_dir()
        for path in folder.rglob("*")
        if path.suffix.lower() in FOREIGN_SUFFIXES and path.is_file()
    )


def _items(source: str, output: Path | None) -> Iterator[Work]:
    path = Path(source)
    if source == STREAM:
        yield Work(None, Path("stdin"))
    elif path.is_file():
        yield Work(path, Path(path.name))
    elif path.is_dir():
        inside = _images(path, output)
        if not inside:
            raise InputError(f"{path}: no PNG or JPEG in this folder or below")
        for file in inside:
            yield Work(file, file.relative_to(path))
    elif glob.has_magic(source):
        yield from _matches(source, output)
    else:
        raise InputError(f"{source}: no such file or folder")


def _matches(pattern: str, output: Path | None) -> Iterator[Work]:
    """Yields the images that a glob names; each keeps its place below the folder where the pattern begins to vary."""
    parts = Path(pattern).parts
    fixed = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    base = Path(*parts[:fixed])
    found = {
        file
        for match in map(Path, glob.iglob(pattern, recursive=True))
        for file in (_images(match, output) if match.is_dir() else [match])
        if file.suffix.lower() in IMAGE_SUFFIXES and not _within(file, output)
    }
    if not found:
        raise InputError(f"{pattern}: no PNG or JPEG matches it")
    for file in sorted(found):
        yield Work(file, file.relative_to(base))


def _images(folder: Path, output: Path | None) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file() and not _within(path, output)
    )


def _within(path: Path, output: Path | None) -> bool:
    return output is not None and path.resolve().is_relative_to(output.resolve())
