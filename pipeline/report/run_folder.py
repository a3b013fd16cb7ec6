"""The files of a run's folder, and how they are written: each whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from components.production.registry import CARD

REPORTS = "reports"
"""Folder of the runs' folders in a workspace."""

PAGE_NAME = "index.html"
FACTS_NAME = "facts.json"
PICTURES_NAME = "pictures.json"
RUN_NAME = "run.json"
CARD_NAME = CARD
CONFIG_NAME = "config.yaml"
LOG_NAME = "log.txt"

RUN_ID_FORMAT = "%Y%m%d-%H%M%S"
"""A run is named after the second it started in, local time; `strftime`'s format."""


def write_whole(path: Path, text: str) -> None:
    """Writes under a temporary name in the same folder, then renames: a reader sees the old file or the new one.

    Args:
        path: The file; its folder must be there.
        text: What it is to hold, written as UTF-8.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)  # mkstemp's 0600 would hide the page from a web server
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def last_lines(log: Path, lines: int = 40, longest: int = 400) -> tuple[tuple[str, ...], int]:
    """Returns the last lines of a log, each cut where it is too long to read, and how many come before them.

    Args:
        log: The file; one that is not there has no lines.
        lines: How many.
        longest: Characters of a line.
    """
    if not log.is_file():
        return (), 0
    whole = log.read_text(encoding="utf-8", errors="replace").splitlines()
    kept = [line if len(line) <= longest else f"{line[:longest]} …" for line in whole[-lines:]]
    return tuple(kept), max(0, len(whole) - lines)
