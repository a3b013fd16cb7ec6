"""A file that lists pairs: CSV with a header, or lines of two names."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError
from data.layouts.listing import check_inside
from data.plain_text import one_line, visible
from data.severity import severity_of
from data.storage.foreign_files import read_file

_SEPARATORS = (",", "\t", ";")
# Words that name columns and hardly files: a header with them and without input and target is a mistake, not a pair.
_COLUMN_LIKE = frozenset(
    {"input", "degraded", "rainy", "rain", "hazy", "haze", "noisy", "lq", "source", "image"}
    | {
        "target",
        "clean",
        "gt",
        "groundtruth",
        "ground_truth",
        "hq",
        "reference",
        "output",
        "label",
        "severity",
        "scene",
    }
)
_COLUMNS = ("input", "target", "severity", "scene")
_MAX_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class ListedPair:
    """One line of the list.

    Attributes:
        input: Path of the degraded image, relative to the folder of the layout.
        target: Path of the clean image, likewise.
        severity: Severity, if a column gives it.
        scene: Name of the scene, if a column gives it.
    """

    input: str
    target: str
    severity: str | None = None
    scene: str | None = None


def read_pair_list(root: Path, name: str) -> list[ListedPair]:
    """Reads the pairs that a file lists.

    Args:
        root: The source folder.
        name: The file, relative to the root, in UTF-8 or UTF-16. The first line may name columns
            (`input,target[,severity][,scene]`, separated by commas, semicolons or tabs); without such a line every line holds
            two names, separated in one of these ways or by blanks. A leading slash of a name is removed, as SPA-Data has
            them, and a backslash is a slash, as Windows writes it.

    Returns:
        The pairs, in the order of the lines.

    Raises:
        InputError: The file cannot be read, or a line is not of that form; the message names the line.
    """
    path = root / name
    check_inside(root, path, name)
    try:
        lines = _text(read_file(path, _MAX_BYTES)).splitlines()
    except OSError as error:
        raise InputError(f"{name}: the list of pairs cannot be read ({error.strerror}); give it with --list") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: neither UTF-8 nor UTF-16; save the list of pairs as UTF-8") from error
    if not any(line.strip() for line in lines):
        raise InputError(f"{name}: lists no pair")
    for number, line in enumerate(lines, start=1):
        text = line.replace("\t", " ")
        if visible(text) != text:  # csv would stop at a NUL, and no name may have another of them
            raise InputError(f"{name}:{number}: has a character that is not shown: {one_line(line, 80)}; remove it")
    header = _header(lines[0])
    return list(_with_header(name, lines, header) if header else _plain(name, lines))


def _text(data: bytes) -> str:
    """Decodes a list; spreadsheets begin UTF-16 with a mark of the byte order."""
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_utf16 else "utf-8-sig")


def _header(line: str) -> str | None:
    """Returns the separator of the columns if a line names them, else None."""
    for separator in _SEPARATORS:
        words = {word.strip().lower() for word in line.split(separator)}
        if {"input", "target"} <= words:
            return separator
        if len(words) > 1 and words <= _COLUMN_LIKE:
            raise InputError(
                f"{one_line(line, 80)}: the first line of the list must call its columns input and target (and severity, scene)"
            )
    return None


def _with_header(name: str, lines: list[str], separator: str) -> Iterator[ListedPair]:
    reader = csv.DictReader(lines, delimiter=separator, skipinitialspace=True)
    reader.fieldnames = [str(column).strip().lower() for column in reader.fieldnames or ()]
    for row in _rows(name, reader):
        values = {column: (row.get(column) or "").strip() for column in _COLUMNS}
        if not (values["input"] and values["target"]):
            raise InputError(f"{name}:{reader.line_num}: an input and a target are needed; complete or remove the line")
        try:
            severity = severity_of(values["severity"]) if values["severity"] else None
        except ValueError as error:
            raise InputError(f"{name}:{reader.line_num}: {error}") from error
        yield ListedPair(_path(values["input"]), _path(values["target"]), severity, values["scene"] or None)


def _rows(name: str, reader: csv.DictReader[str]) -> Iterator[dict[str, str]]:
    try:
        yield from reader
    except csv.Error as error:
        line = reader.line_num + 1  # the line that failed is not counted yet
        raise InputError(f"{name}:{line}: not a line of a list of pairs ({error}); mend or remove it") from error


def _plain(name: str, lines: list[str]) -> Iterator[ListedPair]:
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = next((split for mark in (*_SEPARATORS, None) if len(split := line.split(mark)) == 2), None)
        if parts is None:
            raise InputError(
                f"{name}:{number}: expected two names, an input and a target; for names with blanks separate them by a comma"
            )
        yield ListedPair(*(_path(part.strip()) for part in parts))


def _path(text: str) -> str:
    # No name has a tab in it; a blank in its place lets errors show the name.
    return text.replace("\\", "/").replace("\t", " ").lstrip("/").removeprefix("./")
