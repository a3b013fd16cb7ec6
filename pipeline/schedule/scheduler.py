"""When to run: by cron or when data arrives, one run at a time, never twice on the same data.

A schedule is a loop around four questions - when is the next moment, is there new data, how did the run end, is it to be tried
again - and everything between two of them is in its status file, so that it goes on where a crash or a reboot has left it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Event
from typing import Protocol

from apscheduler.triggers.cron import CronTrigger
from filelock import FileLock, Timeout

from data.errors import InputError
from pipeline import exit_codes
from pipeline.schedule.status import FOLDER, LastRun, Status, read_status, write_status

log = logging.getLogger("schedule")

_LOCK_NAME = "lock"
# A clock that is set, or a machine that slept, is noticed after this time.
_LONGEST_WAIT = timedelta(seconds=30)

_VERDICTS = (exit_codes.PUSHED, exit_codes.MODEL_REFUSED, exit_codes.DATA_REFUSED)


class Trigger(Protocol):
    """Says when to look."""

    def after(self, handled: datetime | None, now: datetime) -> datetime:
        """Returns the next moment after the one that was dealt with last; one that has passed is due at once."""


@dataclass(frozen=True)
class Cron:
    """Moments by a crontab expression of five fields, in a time zone."""

    trigger: CronTrigger

    @classmethod
    def parse(cls, text: str, zone: str | None = None) -> Cron:
        """Reads an expression.

        Args:
            text: Minute, hour, day of the month, month, day of the week, as crontab has them.
            zone: Name of a time zone (None: the machine's).

        Raises:
            InputError: It is none.
        """
        try:
            return cls(CronTrigger.from_crontab(text, timezone=zone))
        except Exception as error:  # the trigger raises whatever the wrong part makes it trip over
            raise InputError(f'--cron "{text}": {error}; expected five fields, such as "0 3 * * *"') from error

    def after(self, handled: datetime | None, now: datetime) -> datetime:
        """Returns the next moment: of those that were missed the last one, so that they are caught up once."""
        if handled is None:
            return self._next(now)
        due = self._next(handled + timedelta(microseconds=1))
        while (later := self._next(due + timedelta(microseconds=1))) <= now:
            due = later
        return due

    def _next(self, moment: datetime) -> datetime:
        found = self.trigger.get_next_fire_time(None, moment)
        if found is None:
            raise InputError("--cron: no moment fits it ever; such as 0 0 31 2 *, which no year has")
        return found.astimezone(timezone.utc)


@dataclass(frozen=True)
class Poll:
    """A look at the data every so often."""

    seconds: float

    def after(self, handled: datetime | None, now: datetime) -> datetime:
        """Returns now for the first look, and then the same distance each time."""
        return now if handled is None else handled + timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class Retry:
    """What is done about a run that came to no verdict.

    Attributes:
        times: How often it is tried again.
        seconds: Before the first time; twice as long before each further one.
    """

    times: int = 3
    seconds: float = 60.0


@dataclass(frozen=True)
class Scheduler:
    """Runs on a schedule.

    Attributes:
        workspace: Where the runs work; status and lock lie in `schedule/` of it.
        fingerprint: Returns a text that changes when the data does.
        run: Runs once and returns the exit code.
        stop: Set when the schedule is to end.
        retry: What is done about a run that failed.
        always: Run on the same data again.
        stubborn: At the next moment, try data again on which every attempt has failed: right for a schedule of nights, not
            for one that looks every minute.
        now: The clock.
    """

    workspace: Path
    fingerprint: Callable[[], str]
    run: Callable[[], int]
    stop: Event
    retry: Retry = Retry()
    always: bool = False
    stubborn: bool = True
    now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)

    def serve(self, trigger: Trigger, pid: int) -> None:
        """Goes on until it is stopped.

        Args:
            trigger: When to look.
            pid: Of this process, for the status.

        Raises:
            InputError: Another schedule is at work in this workspace.
        """
        with self._locked():
            status = read_status(self.workspace)
            while not self.stop.is_set():
                due = trigger.after(status.handled, self.now())
                status = self._write(status, state="waiting", pid=pid, due=due)
                if self._wait_until(due):
                    status = self.look(status, self.now())
            self._write(status, state="stopped", due=None)

    def once(self, pid: int) -> int:
        """Looks once, and runs if there is new data.

        Args:
            pid: Of this process, for the status.

        Returns:
            The run's exit code; 0 where there was nothing to do.

        Raises:
            InputError: Another schedule is at work in this workspace.
        """
        with self._locked():
            before = read_status(self.workspace)
            status = self.look(before.model_copy(update={"pid": pid}), self.now())
            self._write(status, state="stopped", due=None)
        ran = status.last is not None and status.last != before.last
        return status.last.exit_code if ran and status.last else exit_codes.PUSHED

    def look(self, status: Status, moment: datetime) -> Status:
        """Deals with one moment: runs, with retries, or skips where the data is what it was.

        Args:
            status: What is remembered.
            moment: When this is.

        Returns:
            What is remembered now; it is on disk too.
        """
        try:
            data = self.fingerprint()
        except InputError as error:
            log.warning("skipped: %s", error)
            return self._write(status, handled=moment, skipped=status.skipped + 1)
        if data == status.data and not self.always:
            log.info("skipped: no new data since the last run")
            return self._write(status, handled=moment, skipped=status.skipped + 1)
        if data == status.given_up and not (self.always or self.stubborn):
            return self._write(status, handled=moment, skipped=status.skipped + 1)
        # Not yet handled: a schedule that is killed here runs again when it comes back.
        status = self._write(status, state="running", due=None)
        last = self._run_with_retries(moment)
        if self.stop.is_set() and last.exit_code not in _VERDICTS:
            return self._write(status, last=last)  # nor after it was stopped in the middle
        if last.exit_code in _VERDICTS:
            return self._write(status, handled=moment, last=last, data=data, given_up="", skipped=0)
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
        """Waits; returns whether the moment has come, rather than the end."""
        while (left := due - self.now()) > timedelta(0):
            if self.stop.wait(min(left, _LONGEST_WAIT).total_seconds()):
                return False
        return not self.stop.is_set()

    def _write(self, status: Status, **changes: object) -> Status:
        status = status.model_copy(update=changes)
        write_status(self.workspace, status)
        return status

    def _locked(self) -> FileLock:
        """Takes the lock, which ends with the process however that ends."""
        folder = self.workspace / FOLDER
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / _LOCK_NAME)
            lock.acquire(blocking=False)
        except Timeout:
            raise InputError(
                f"{self.workspace}: process {read_status(self.workspace).pid} keeps a schedule here already; stop it first"
            ) from None
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror}); name another workspace") from error
        return lock


def meaning(code: int) -> str:
    """Returns an exit code in words."""
    return exit_codes.RUN.get(code, f"killed by signal {-code}" if code < 0 else f"ended with exit code {code}")
