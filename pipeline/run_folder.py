"""Names of the files in a run's folder, and the last lines of its log."""

from __future__ import annotations

from collections.abc import Collection
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
_SHORT_ID = 8
"""Characters of a cluster's id in the name of a run."""


def cluster_run_name(started: str, run_id: str) -> str:
    """Returns the name of the folder of a run on a cluster.

    Args:
        started: The time at which it started, in the form of `RUN_ID_FORMAT`.
        run_id: The cluster's id of the run.
    """
    return f"{started}-{run_id[:_SHORT_ID]}"


def name_in(names: Collection[str], run_id: str) -> str | None:
    """Returns the name of a run's folder; None where there is none.

    Args:
        names: Names of the folders of all runs.
        run_id: The runner's id of the run. That of the local runner is the name.
    """
    if run_id in names:
        return run_id
    return next((name for name in names if name == cluster_run_name(name.rpartition("-")[0], run_id)), None)


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
