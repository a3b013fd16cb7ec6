"""Reads the log of a shadow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from data.errors import InputError
from pipeline.serving.rollout.shadow.bounded_log import log_files
from pipeline.serving.rollout.shadow.entry import LOG_NAME, ShadowEntry

_HINT = "name a log of serve --shadow, or its folder"


def read_log(log: Path) -> list[ShadowEntry]:
    """Reads a log, the oldest line first.

    Args:
        log: The folder that the server writes, or one of its files.

    Raises:
        InputError: There is no such log, or a line of it is damaged. A last line without an end is one that is being written,
            and is left out.
    """
    files = _files(log)
    if not files:
        raise InputError(f"{log}: no {LOG_NAME}.jsonl there; {_HINT}")
    return [entry for file in files for entry in _entries(file)]


def of_last_pair(entries: Sequence[ShadowEntry]) -> list[ShadowEntry]:
    """Returns the entries of the two models that the last entry compares; others answer another question.

    Args:
        entries: Entries of a log, the oldest first.
    """
    pair = (entries[-1].production, entries[-1].shadow) if entries else None
    return [entry for entry in entries if (entry.production, entry.shadow) == pair]


def _files(log: Path) -> list[Path]:
    if log.is_file():
        return [log]
    newest, aside = log_files(log, LOG_NAME)
    return [path for path in (aside, newest) if path.is_file()]


def _entries(file: Path) -> Iterator[ShadowEntry]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); {_HINT}") from error
    for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), 1):
        try:
            yield ShadowEntry.model_validate_json(line)
        except ValidationError:
            raise InputError(f"{file}: line {number} is not an image of a shadow; {_HINT}") from None
