"""A file that lists pairs: CSV with a header, or lines of two names."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError
from data.layouts.listing import check_inside

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
        name: The file, relative to the root. The first line may name columns (`input,target[,severity][,scene]`, separated by
            commas or tabs); without such a line every line holds two names, separated by a comma, a tab, or blanks. A
            leading slash of a name is removed, as SPA-Data has them.

    Returns:
        The pairs, in the order of the lines.

    Raises:
        InputError: The file cannot be read, or a line is not of that form; the message names the line.
    """
    path = root / name
    check_inside(root, path, name)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(
                f"{name}: larger than {_MAX_BYTES:,} bytes, too large for a list of pairs; give the right file"
            )
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name}: the list of pairs cannot be read ({error}); give it with --list") from error
    if not any(line.strip() for line in lines):
        raise InputError(f"{name}: lists no pair")
    header = _header(lines[0])
    return list(_with_header(name, lines, header) if header else _plain(name, lines))


def _header(line: str) -> str | None:
    """Returns the separator of the columns if a line names them, else None."""
    for separator in (",", "\t"):
        words = {word.strip().lower() for word in line.split(separator)}
        if {"input", "target"} <= words:
            return separator
    return None


def _with_header(name: str, lines: list[str], separator: str) -> Iterator[ListedPair]:
    reader = csv.DictReader(lines, delimiter=separator, skipinitialspace=True)
    reader.fieldnames = [str(column).strip().lower() for column in reader.fieldnames or ()]
    for row in reader:
        values = {column: (row.get(column) or "").strip() for column in _COLUMNS}
        if not (values["input"] and values["target"]):
            raise InputError(f"{name}:{reader.line_num}: an input and a target are needed; complete or remove the line")
        yield ListedPair(
            _path(values["input"]), _path(values["target"]), values["severity"] or None, values["scene"] or None
        )


def _plain(name: str, lines: list[str]) -> Iterator[ListedPair]:
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = next((split for mark in (",", "\t", None) if len(split := line.split(mark)) == 2), None)
        if parts is None:
            raise InputError(
                f"{name}:{number}: expected two names, an input and a target; for names with blanks separate them by a comma"
            )
        yield ListedPair(*(_path(part.strip()) for part in parts))


def _path(text: str) -> str:
    return text.lstrip("/").removeprefix("./")
