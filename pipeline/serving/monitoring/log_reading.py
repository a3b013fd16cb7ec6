"""Reads the measurements that `serve --log-measurements` wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from components.pair_validator.measuring.measure import INPUT_ALONE
from data.errors import InputError

Row = dict[str, str | int | float]
"""The measurements of one image by name."""


def read_measurements(log: Path, since: datetime | None = None) -> Iterator[Row]:
    """Yields the measurements of each image in a log.

    Args:
        log: A file that the server wrote, or a folder of them.
        since: A time with its zone; images that were logged before it are left out. None: all are yielded.

    Raises:
        InputError: There is no such log, or a line is damaged; a truncated last line, as after a full disk, is damaged too.
    """
    for file in _files(log, since):
        yield from _rows(file, since)


def _files(log: Path, since: datetime | None) -> list[Path]:
    """Returns the files of a log; without those that were last written before a time, so that old days are not read again."""
    if log.is_file():
        return [log]
    files = sorted(log.glob("*.jsonl")) if log.is_dir() else []
    if not files:
        raise InputError(f"{log}: no such log, nor a folder of *.jsonl; name a log of serve --log-measurements")
    return [file for file in files if since is None or file.stat().st_mtime >= since.timestamp()]


def _rows(file: Path, since: datetime | None) -> Iterator[Row]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({error}); name a log of serve --log-measurements") from error
    for number, line in enumerate(lines, 1):
        try:
            values = json.loads(line)
            row = {name: values[name] for name in INPUT_ALONE}
            if since is None or datetime.fromisoformat(values["time"]) >= since:
                yield row
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{file}: line {number} is not a measurement of an image; remove it") from None
