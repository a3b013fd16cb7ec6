"""The files of a run's folder, and how they are written: each whole or not at all."""

from __future__ import annotations

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
