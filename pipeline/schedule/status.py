"""The status of a schedule in one JSON file, written atomically: its state, the next time and the last run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from data.errors import InputError
from data.storage.files import write_whole

FOLDER = "schedule"
STATUS_NAME = "status.json"


DriftDecision = Literal["", "not judged", "no drift", "cool-down", "no new records", "run"]
"""What a schedule did about the newest comparison of the requests; empty before the first."""


class DriftStatus(BaseModel):
    """What a schedule knows of the drift of a server's requests.

    Attributes:
        checked: Time of the newest comparison.
        decision: What the schedule did about it.
        finding: The comparison, or why there was none, in one line.
        since: Time at which the drift that lasts was first seen; None where the requests are those of the training data.
        data: Fingerprint of the records of the last run that this drift started; they are not trained on for it again.
        run_ended: End of the last run that a drift started; the cool-down counts from then.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    checked: AwareDatetime | None = None
    decision: DriftDecision = ""
    finding: str = ""
    since: AwareDatetime | None = None
    data: str = ""
    run_ended: AwareDatetime | None = None


class LastRun(BaseModel):
    """The last run of a schedule.

    Attributes:
        started: Start of the first attempt.
        ended: End of the last attempt.
        exit_code: Exit code of the last attempt; a negative one is the number of the signal that killed it.
        attempts: Number of attempts.
        meaning: Meaning of the exit code.
        reason: Why it was started.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    started: AwareDatetime
    ended: AwareDatetime
    exit_code: int
    attempts: int
    meaning: str
    reason: str = ""


class Status(BaseModel):
    """The status of a schedule. The field names are the keys of the file.

    Attributes:
        state: State of the schedule.
        pid: Id of the schedule's process.
        due: Next time at which it checks for new data; None during a run and after the schedule has stopped.
        handled: Last time at which it checked for new data. One run makes up for all times missed since then.
        data: Fingerprint of the data of the last verdict, also of a run outside of the schedule; it is not trained on again.
        given_up: Fingerprint of the data on which every attempt has crashed.
        skipped: Number of times without new data since the last run.
        last: The last run; None before the first.
        drift: The drift of the requests, for a schedule with `--on-drift`.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    state: Literal["waiting", "running", "stopped"] = "stopped"
    pid: int = 0
    due: AwareDatetime | None = None
    handled: AwareDatetime | None = None
    data: str = ""
    given_up: str = ""
    skipped: int = 0
    last: LastRun | None = None
    drift: DriftStatus = DriftStatus()


def read_status(workspace: Path) -> Status:
    """Reads the status of a workspace's schedule.

    Args:
        workspace: The workspace.

    Returns:
        The status; a new one if no schedule has used the workspace.

    Raises:
        InputError: The file is damaged, or cannot be read.
    """
    file = workspace / FOLDER / STATUS_NAME
    if not file.is_file():
        return Status()
    try:
        return Status.model_validate_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); mend that, or remove it") from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise InputError(
            f"{file}: not the status of a schedule; remove it, and the schedule trains on the newest data once"
        ) from error


def write_status(workspace: Path, status: Status) -> None:
    """Writes the status atomically."""
    write_whole(workspace / FOLDER / STATUS_NAME, status.model_dump_json(indent=1) + "\n")
