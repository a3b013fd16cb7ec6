"""The loop of a schedule: at each time, run the pipeline if there is new data, and retry a run that crashed.

The status file holds everything that the loop knows between two steps, so a schedule resumes after a crash or a reboot.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Event

from data.errors import InputError
from data.locks import exclusive
from pipeline import exit_codes
from pipeline.schedule.status import FOLDER, LastRun, Status, read_status, write_status
from pipeline.schedule.triggers import Trigger

log = logging.getLogger("schedule")

_LOCK_NAME = "lock"
_LONGEST_WAIT = timedelta(seconds=30)
"""Within this time a changed clock, or the end of the machine's sleep, is noticed."""

_VERDICTS = (exit_codes.PUSHED, exit_codes.MODEL_REFUSED, exit_codes.DATA_REFUSED)


_STOPPED = "the schedule was stopped before the run ended; it runs again when the schedule is started"


@dataclass(frozen=True)
class Retry:
    """Retries of a run that crashed before the gate.

    Attributes:
        times: Maximum number of retries.
        seconds: Wait before the first retry; it doubles with each retry.
    """

    times: int = 3
    seconds: float = 60.0


@dataclass(frozen=True)
class Scheduler:
    """Runs the pipeline on a schedule.

    Attributes:
        workspace: The workspace of the runs; status and lock are in its folder `schedule/`.
        fingerprint: Returns a text that changes when the data does.
        run: Runs the pipeline once and returns the exit code.
        judged: Returns the id of a run outside of the schedule that has judged the data of a fingerprint; None: no such run.
        stop: Ends the schedule when it is set.
        retry: Retries of a run that crashed.
        should_always_run: Whether to run on unchanged data too.
        should_retry_failed_data: Whether to run again, at the next time, on data on which every attempt has crashed: sensible
            for a nightly schedule, not for one that checks every minute.
        now: The clock.
    """

    workspace: Path
    fingerprint: Callable[[], str]
    run: Callable[[], int]
    stop: Event
    retry: Retry = Retry()
    judged: Callable[[str], str | None] = lambda _: None
    should_always_run: bool = False
    should_retry_failed_data: bool = True
    now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)

    def serve(self, trigger: Trigger, pid: int) -> None:
        """Runs the schedule until it is stopped.

        Args:
            trigger: The times at which to check for new data.
            pid: Id of this process, for the status.

        Raises:
            InputError: Another schedule uses the workspace.
        """
        with self._locked():
            status = read_status(self.workspace)
            while not self.stop.is_set():
                due = self._next_due(trigger, status)
                status = self._write(status, state="waiting", pid=pid, due=due)
                if self._wait_until(due):
                    status = self.check(status, self.now())
            self._write(status, state="stopped", due=None)

    def _next_due(self, trigger: Trigger, status: Status) -> datetime:
        """Returns the next time. A check that is recorded for a later time than now counts as made now: the clock was wrong."""
        now = self.now()
        if status.handled is None or status.handled <= now:
            return trigger.after(status.handled, now)
        log.warning("the last check is recorded for %s, which is yet to come: the clock was wrong", status.handled)
        return trigger.after(now, now)

    def once(self, pid: int) -> int:
        """Checks for new data once, and runs the pipeline if there is any.

        Args:
            pid: Id of this process, for the status.

        Returns:
            The exit code of the run; 0 if there was nothing to do.

        Raises:
            InputError: Another schedule uses the workspace.
        """
        with self._locked():
            before = read_status(self.workspace)
            status = self.check(before.model_copy(update={"pid": pid}), self.now())
            self._write(status, state="stopped", due=None)
        if status.last is None or status.last == before.last:
            return exit_codes.PUSHED
        return status.last.exit_code

    def check(self, status: Status, moment: datetime) -> Status:
        """Checks for new data at one time of the schedule, and runs the pipeline if there is any.

        Args:
            status: The status so far.
            moment: The time.

        Returns:
            The new status, which is on disk too.
        """
        try:
            data = self.fingerprint()
        except InputError as error:
            log.warning("skipped: %s", error)
            return self._skip(status, moment)
        if data == status.data and not self.should_always_run:
            log.info("skipped: no new data since the last run")
            return self._skip(status, moment)
        if not self.should_always_run and (judged := self.judged(data)) is not None:
            log.info("skipped: run %s has judged this data with this code and configuration", judged)
            return self._write(status, handled=moment, data=data, given_up="", skipped=status.skipped + 1)
        if data == status.given_up and not (self.should_always_run or self.should_retry_failed_data):
            return self._skip(status, moment)
        return self._run_on(data, status, moment)

    def _skip(self, status: Status, moment: datetime) -> Status:
        return self._write(status, handled=moment, skipped=status.skipped + 1)

    def _run_on(self, data: str, status: Status, moment: datetime) -> Status:
        # The time counts as handled only after the run, so that a schedule killed during the run repeats it.
        status = self._write(status, state="running", due=None)
        last = self._run_with_retries(moment)
        if last.exit_code in _VERDICTS:
            return self._write(status, handled=moment, last=last, data=data, given_up="", skipped=0)
        if self.stop.is_set():
            # A stopped run is repeated as well.
            stopped = last.model_copy(update={"exit_code": exit_codes.INTERRUPTED, "meaning": _STOPPED})
            return self._write(status, last=stopped)
        return self._write(status, handled=moment, last=last, given_up=data, skipped=0)

    def _run_with_retries(self, started: datetime) -> LastRun:
        code, attempts, pause = self.run(), 1, self.retry.seconds
        while code not in _VERDICTS and attempts <= self.retry.times and not self.stop.is_set():
            log.warning("%s; attempt %d of %d in %.0f s", meaning(code), attempts + 1, self.retry.times + 1, pause)
            if self.stop.wait(pause):
                break
            code, attempts, pause = self.run(), attempts + 1, 2 * pause
        log.info("%s", meaning(code))
        return LastRun(started=started, ended=self.now(), exit_code=code, attempts=attempts, meaning=meaning(code))

    def _wait_until(self, due: datetime) -> bool:
        """Waits and returns True at the time that is due, False when the schedule is stopped or the clock is set back.

        A time that was computed with a clock that was ahead can be years away.
        """
        before = self.now()
        while (left := due - self.now()) > timedelta(0):
            if self.stop.wait(min(left, _LONGEST_WAIT).total_seconds()) or self.now() < before:
                return False
            before = self.now()
        return not self.stop.is_set()

    def _write(self, status: Status, **changes: object) -> Status:
        status = status.model_copy(update=changes)
        write_status(self.workspace, status)
        return status

    def _locked(self) -> AbstractContextManager[None]:
        """Returns the workspace's lock, which the operating system releases even if the process is killed."""

        def busy() -> str:
            pid = read_status(self.workspace).pid
            return f"{self.workspace}: the schedule of process {pid} uses it already; stop that first"

        return exclusive(self.workspace / FOLDER / _LOCK_NAME, busy)


def meaning(code: int) -> str:
    """Returns the meaning of a run's exit code; a negative code is the number of the signal that killed it."""
    return exit_codes.RUN.get(code, f"killed by signal {-code}" if code < 0 else f"ended with exit code {code}")
