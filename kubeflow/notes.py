"""Notes on the volume of what a run's tasks have begun, so that the exit task can say which one failed.

Kubeflow tells an exit task no more than a state, ML Metadata's, which may still be RUNNING. A task therefore writes a note when
it begins, adds its error where it has one, and removes the note when it ends well. A note that remains is that of a task that
failed, or that was killed and could say nothing.

The exit task is in a pipeline whose configuration has hooks; without it there are no notes.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from data.plain_text import one_line
from data.storage.files import write_whole
from pipeline.workspace import kubeflow_in

RUN_ID_PARAMETER = "ast_run_id"
"""Parameter that the compiled pipeline gives each task beside the component's own: the run's id."""
WORKSPACE_OPTION = "--ast_workspace"
"""Argument of a task: the workspace, on the volume."""
TASK_OPTION = "--ast_task"
"""Argument of a task: its name in the pipeline."""

_FOLDER = "notes"
_STARTED = "started"
_SUFFIX = ".json"
_KILLED = "it left no error; its container was killed, as for want of memory, or its node was lost"
_LONGEST_ERROR = 500
"""Characters of an error in a message to a hook."""
_LONGEST_LOG = 50_000
"""Characters of a traceback that are kept, the last ones."""


class TaskFailedError(RuntimeError):
    """A task of the run did not end well."""


@dataclass(frozen=True, slots=True)
class Note:
    """The note of a task that has begun.

    Attributes:
        task: Name of the task.
        error: Type and text of its error in one line; empty where it left none.
        log: The error's traceback; empty where it left none.
    """

    task: str
    error: str = ""
    log: str = ""

    @property
    def sentence(self) -> str:
        """The failure in one line."""
        return f"{self.task}: {self.error or _KILLED}"


@dataclass(frozen=True, slots=True)
class RunNotes:
    """The notes of a run.

    Attributes:
        folder: The run's folder in the workspace.
    """

    folder: Path

    @classmethod
    def of(cls, workspace: Path, run_id: str) -> RunNotes:
        """Returns the notes of a run.

        Args:
            workspace: The workspace, which all tasks see.
            run_id: The cluster's id of the run.

        Raises:
            ValueError: The id is not the name of a folder.
        """
        if Path(run_id).name != run_id:
            raise ValueError(f"{run_id!r}: not the id of a run")
        return cls(kubeflow_in(workspace) / run_id / _FOLDER)

    def begin(self, task: str) -> None:
        """Notes that a task has begun; an earlier attempt's error is forgotten.

        Args:
            task: Name of the task.
        """
        started = self.folder / _STARTED
        if not started.exists():
            write_whole(started, repr(time.time()))
        self._write(Note(task))

    def fail(self, task: str, error: str, log: str) -> None:
        """Notes why a task failed.

        Args:
            task: Name of the task.
            error: Type and text of its error.
            log: The error's traceback.
        """
        self._write(Note(task, one_line(error, _LONGEST_ERROR), log[-_LONGEST_LOG:]))

    def finish(self, task: str) -> None:
        """Removes the note of a task that has ended well.

        Args:
            task: Name of the task.
        """
        self._file(task).unlink(missing_ok=True)

    def remaining(self) -> tuple[Note, ...]:
        """Returns the notes of the tasks that have begun and did not end well, by name."""
        notes = (json.loads(file.read_text(encoding="utf-8")) for file in sorted(self.folder.glob(f"*{_SUFFIX}")))
        return tuple(Note(**note) for note in notes)

    def started(self) -> float | None:
        """Returns when the first task began, seconds since 1970; None where none of ours did."""
        file = self.folder / _STARTED
        return float(file.read_text(encoding="utf-8")) if file.exists() else None

    def claim(self, verdict: str) -> bool:
        """Claims the one message on a verdict, and returns whether it was still to be had.

        It is claimed before the hooks are called: a second attempt of the exit task may lose a message, but repeats none. A run
        that was retried by hand after a failure has a second verdict, and with it a second message.

        Args:
            verdict: How the run ended.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            os.close(os.open(self.folder / f"notified-{verdict}", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
        except FileExistsError:
            return False
        return True

    def _write(self, note: Note) -> None:
        write_whole(self._file(note.task), json.dumps({"task": note.task, "error": note.error, "log": note.log}))

    def _file(self, task: str) -> Path:
        return self.folder / f"{task}{_SUFFIX}"
