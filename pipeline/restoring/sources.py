"""Finds the images to restore, and the path of each result."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError
from data.image.codec.files import FOREIGN_SUFFIXES, IMAGE_SUFFIXES
from data.storage.file_names import is_passed_over
from data.storage.foreign_files import real

STREAM = "-"
"""Standard input as a source, standard output as the destination."""


@dataclass(frozen=True, slots=True)
class RestoreJob:
    """One image to restore.

    Attributes:
        source: Path of the image; None for standard input.
        result: Path of the result below the output folder; for standard input without the suffix, which its format gives.
    """

    source: Path | None
    result: Path

    @property
    def name(self) -> str:
        """Name of the image in messages."""
        return "standard input" if self.source is None else str(self.source)


def find_jobs(sources: Iterable[str], output: Path | None) -> list[RestoreJob]:
    """Returns the images to restore, each folder's files in the order of their names.

    Args:
        sources: Files, folders with all images in them and below, globs, or `-` for standard input.
        output: Folder of the results, which is not searched for images; None for standard output.

    Raises:
        InputError: A source is missing or holds no image; two results would get one path, a result that of its source, or one
            outside of the output folder; or more than one image would go to standard output.
    """
    jobs: dict[Path, RestoreJob] = {}
    for source in sources:
        for job in _jobs(source, output):
            if ".." in job.result.parts:
                raise InputError(
                    f"{source}: a .. behind a wildcard would lead out of --output; write the pattern without it"
                )
            other = jobs.setdefault(job.result, job)
            if other.source != job.source:
                raise InputError(
                    f"{job.name}: would be written over the result of {other.name}; restore them to two folders"
                )
            if _is_own_result(job, output):
                raise InputError(f"{job.name}: --output would write over it; name another folder")
    if output is None and len(jobs) > 1:
        raise InputError(f"--output -: takes one image, these are {len(jobs)}; name a folder for them")
    return list(jobs.values())


def unsupported_files(sources: Iterable[str]) -> list[Path]:
    """Returns the image files of other formats than PNG and JPEG in the folders among the sources, for a warning."""
    folders = (Path(source) for source in sources if source != STREAM)
    return sorted(
        path
        for folder in folders
        if folder.is_dir()
        for path in _visible_files(folder)
        if path.suffix.lower() in FOREIGN_SUFFIXES
    )


def _is_own_result(job: RestoreJob, output: Path | None) -> bool:
    if output is None or job.source is None:
        return False
    return real(output / job.result) == real(job.source)


def _jobs(source: str, output: Path | None) -> Iterator[RestoreJob]:
    path = Path(source)
    if source == STREAM:
        yield RestoreJob(None, Path("stdin"))
    elif path.exists() and not path.is_dir():
        yield RestoreJob(path, Path(path.name))
    elif path.is_dir():
        images = _images(path, output)
        if not images:
            raise InputError(f"{path}: no PNG or JPEG in this folder or below")
        for file in images:
            yield RestoreJob(file, file.relative_to(path))
    elif glob.has_magic(source):
        yield from _matches(source, output)
    else:
        raise InputError(f"{source}: no such file or folder")


def _matches(pattern: str, output: Path | None) -> Iterator[RestoreJob]:
    """Yields the images that match a glob; results keep the path below the glob's fixed part."""
    parts = Path(pattern).parts
    fixed = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    base = Path(*parts[:fixed])
    images = {
        file
        for match in map(Path, glob.iglob(pattern, recursive=True))
        for file in (_images(match, output) if match.is_dir() else [match])
        if file.suffix.lower() in IMAGE_SUFFIXES and not _is_within(file, output)
    }
    if not images:
        raise InputError(f"{pattern}: no PNG or JPEG matches it")
    for file in sorted(images):
        yield RestoreJob(file, file.relative_to(base))


def _images(folder: Path, output: Path | None) -> list[Path]:
    return sorted(
        path
        for path in _visible_files(folder)
        if path.suffix.lower() in IMAGE_SUFFIXES and not _is_within(path, output)
    )


def _visible_files(folder: Path) -> Iterator[Path]:
    """Yields the files in a folder and below that a person put there; a link to nothing, too, which reading reports."""
    return (path for path in folder.rglob("*") if not is_passed_over(path.relative_to(folder)) and not path.is_dir())


def _is_within(path: Path, output: Path | None) -> bool:
    return output is not None and real(path).is_relative_to(real(output))
