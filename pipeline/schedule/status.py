"""What a schedule remembers, in one JSON file that is written whole: what it did last, and what it waits for."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from data.errors import InputError
from data.files import write_whole

FOLDER = "schedule"
STATUS_NAME = "status.json"


class LastRun(BaseModel):
    """The run that ended last.

    Attributes:
        started: When its first attempt began.
        ended: When its last attempt ended.
        exit_code: Of the last attempt; negative: the number of the signal that killed it.
        attempts: How many there were.
        meaning: The exit code in words.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    started: datetime
    ended: datetime
    exit_code: int
    attempts: int
    meaning: str


class Status(BaseModel):
    """All that is remembered.

    Attributes:
        state: What the schedule is doing.
        pid: Of its process.
        due: When it will look next; None while it runs or once it has stopped.
        handled: The last moment of the schedule that was dealt with, run or skipped: what is due after it and passed while
            nothing ran is caught up once.
        data: Fingerprint of the data of the last run that came to a verdict: the same is not trained on again.
        given_up: Fingerprint of the data on which every attempt has failed.
        skipped: How many moments found no new data since that run.
        last: The run that ended last.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    state: Literal["waiting", "running", "stopped"] = "stopped"
    pid: int = 0
    due: datetime | None = None
    handled: datetime | None = None
    data: str = ""
    given_up: str = ""
    skipped: int = 0
    last: LastRun | None = None


def read_status(workspace: Path) -> Status:
    """Reads what a workspace's schedule remembers; a first one remembers nothing.

    Raises:
        InputError: The file is damaged.
    """
    file = workspace / FOLDER / STATUS_NAME
    if not file.is_file():
        return Status()
    try:
        return Status.model_validate_json(file.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        raise InputError(
            f"{file}: not the status of a schedule; remove it, and the newest data is trained on once"
        ) from error


def write_status(workspace: Path, status: Status) -> None:
    """Writes the status, whole."""
    write_whole(workspace / FOLDER / STATUS_NAME, status.model_dump_json(indent=1) + "\n")
