"""Names of the files in a run's folder, and the last lines of its log."""

from __future__ import annotations

from pathlib import Path

from components.production.registry import CARD

REPORTS = "reports"
"""Name of the folder of all runs in a workspace."""

PAGE_NAME = "index.html"
FACTS_NAME = "facts.json"
PICTURES_NAME = "pictures.json"
RUN_NAME = "run.json"
CARD_NAME = CARD
CONFIG_NAME = "config.yaml"
INPUTS_NAME = "inputs.json"
LOG_NAME = "log.txt"

RUN_ID_FORMAT = "%Y%m%d-%H%M%S"
"""Format (`strftime`) of a run's id: the local time at which it started."""


def last_lines(log: Path, lines: int = 40, longest: int = 400) -> tuple[tuple[str, ...], int]:
    """Returns the last lines of a log, and the number of lines before them.

    Args:
        log: The file; a missing file has no lines.
        lines: Largest number of lines to return.
        longest: Characters of a line; a longer line is cut.
    """
    if not log.is_file():
        return (), 0
    whole = log.read_text(encoding="utf-8", errors="replace").splitlines()
    last = [line if len(line) <= longest else f"{line[:longest]} …" for line in whole[-lines:]]
    return tuple(last), max(0, len(whole) - lines)
