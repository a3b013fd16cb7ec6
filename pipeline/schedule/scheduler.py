"""The loop of a schedule: at each time, or at drift, run the pipeline if there is new data, and retry a run that crashed.

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
from data.storage.locks import exclusive
from pipeline import exit_codes
from pipeline.schedule.drift import DriftWatch, after_reading
from pipeline.schedule.drift_reading import NotJudgedError
from pipeline.schedule.status import FOLDER, DriftDecision, DriftStatus, LastRun, Status, read_status, write_status
from pipeline.schedule.triggers import Trigger

log = logging.getLogger("schedule")

_LOCK_NAME = "lock"
_LONGEST_WAIT = timedelta(seconds=30)
"""Within this time a changed clock, or the end of the machine's sleep, is noticed."""

_VERDICTS = (exit_codes.PUSHED, exit_codes.MODEL_REFUSED, exit_codes.DATA_REFUSED)


_STOPPED = "the schedule was stopped before the run ended; it runs again when the schedule is started"

_DRIFT_LINES: dict[DriftDecision, str] = {
    "not judged": "drift of the requests is not judged",
    "no drift": "the requests are distributed as the training data",
    "cool-down": "drift of the requests, in the cool-down after the last run",
    "no new records": "drift of the requests, and no new records",
}


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
        run: Runs the pipeline once, with a line that says why, and returns the exit code.
        judged: Returns the id of a run outside of the schedule that has judged the data of a fingerprint; None: no such run.
        stop: Ends the schedule when it is set.
        retry: Retries of a run that crashed.
        should_always_run: Whether to run on unchanged data too.
        should_retry_failed_data: Whether to run again, at the next time, on data on which every attempt has crashed: sensible
            for a nightly schedule, not for one that checks every minute.
        drift: Drift of a server's requests, which starts runs too; None: it is not watched.
        now: The clock.
    """

    workspace: Path
    fingerprint: Callable[[], str]
    run: Callable[[str], int]
    stop: Event
    retry: Retry = Retry()
    judged: Callable[[str], str | None] = lambda _: None
    should_always_run: bool = False
    should_retry_failed_data: bool = True
    drift: DriftWatch | None = None
    now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)

    def serve(self, trigger: Trigger | None, pid: int) -> None:
        """Runs the schedule until it is stopped.

        Args:
            trigger: The times at which to check for new data; None: only drift starts runs.
            pid: Id of this process, for the status.

        Raises:
            InputError: Another schedule uses the workspace.
        """
        with self._locked():
            status, began = read_status(self.workspace), self.now()
            while not self.stop.is_set():
                due = None if trigger is None else self._next_due(trigger, status, began)
                drift_due = None if self.drift is None else self.drift.next_check(status.drift, self.now())
                first = min(time for time in (due, drift_due) if time is not None)
                status = self._write(status, state="waiting", pid=pid, due=first)
                if not self._wait_until(first):
                    continue
                is_time = due is not None and due <= self.now()
                status = self.check(status, self.now()) if is_time else self.check_drift(status, self.now())
            self._write(status, state="stopped", due=None)

    def _next_due(self, trigger: Trigger, status: Status, began: datetime) -> datetime:
        """Returns the next time. A check that is recorded for a later time than now counts as made now: the clock was wrong."""
        now = self.now()
        # A comparison of the requests, or its run, may last beyond the first time; that is caught up.
        handled = status.handled if status.handled is not None or self.drift is None else min(began, now)
        if handled is None or handled <= now:
            return trigger.after(handled, now)
        log.warning("the last check is recorded for %s, which is yet to come: the clock was wrong", status.handled)
        return trigger.after(now, now)

    def once(self, pid: int) -> int:
        """Checks for new data once, and runs the pipeline if there is any; where drift is watched, only if there is drift too.

        Args:
            pid: Id of this process, for the status.

        Returns:
            The exit code of the run; 0 if there was nothing to do.

        Raises:
            InputError: Another schedule uses the workspace.
        """
        with self._locked():
            before = read_status(self.workspace)
            status = before.model_copy(update={"pid": pid})
            status = (self.check if self.drift is None else self.check_drift)(status, self.now())
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
        reason = "new records" if data != status.data else "the schedule's --always"
        return self._run_on(data, status, moment, reason, handled=moment)

    def _skip(self, status: Status, moment: datetime) -> Status:
        return self._write(status, handled=moment, skipped=status.skipped + 1)

    def check_drift(self, status: Status, moment: datetime) -> Status:
        """Compares a server's requests with the training data once, and runs the pipeline at drift if there is new data.

        Args:
            status: The status so far.
            moment: The time.

        Returns:
            The new status, which is on disk too.
        """
        assert self.drift is not None
        before = status.drift.model_copy(update={"checked": moment})
        try:
            reading = self.drift.read()
        except NotJudgedError as error:
            # A stopped comparison is not one that failed.
            return status if self.stop.is_set() else self._no_run(status, before, "not judged", str(error))
        drift = after_reading(before, reading, moment)
        if not reading.has_drifted:
            return self._no_run(status, drift, "no drift", reading.sentence)
        if (until := self.drift.cools_until(drift, moment)) is not None:
            return self._no_run(
                status, drift, "cool-down", f"{reading.sentence}; no run before {until:%Y-%m-%d %H:%M %Z}"
            )
        try:
            data = self.fingerprint()
        except InputError as error:
            return self._no_run(status, drift, "no new records", f"{reading.sentence}; no run, because {error}")
        if why := self._why_for_nothing(data, status):
            return self._no_run(
                status, drift, "no new records", f"{reading.sentence}; no run before new records: {why}"
            )
        reason = f"drift of the requests: {reading.sentence}"
        status = self._run_on(data, status, moment, reason)
        if status.last is None or status.last.exit_code == exit_codes.INTERRUPTED:
            return status
        ended = {"decision": "run", "finding": reading.sentence, "data": data, "run_ended": self.now()}
        return self._write(status, drift=drift.model_copy(update=ended))

    def _why_for_nothing(self, data: str, status: Status) -> str:
        """Returns why a run on these records would repeat one that there was; empty where it would not."""
        if data == status.given_up:
            return "every attempt on these crashed"
        if data == status.drift.data:
            return "this drift has had its run on these"
        if self.should_always_run:
            return ""
        if data == status.data:
            return "the last run of the schedule judged these, and --always is not given"
        run = self.judged(data)
        return "" if run is None else f"run {run} judged these, and --always is not given"

    def _no_run(self, status: Status, drift: DriftStatus, decision: DriftDecision, finding: str) -> Status:
        """Records a comparison that starts no run; it is logged where the decision is another one than before."""
        if decision != status.drift.decision:
            log.info("%s: %s", _DRIFT_LINES[decision], finding)
        return self._write(status, drift=drift.model_copy(update={"decision": decision, "finding": finding}))

    def _run_on(self, data: str, status: Status, moment: datetime, reason: str, **handled: datetime) -> Status:
        # The time counts as handled only after the run, so that a schedule killed during the run repeats it.
        log.info("run: %s", reason)
        status = self._write(status, state="running", due=None)
        last = self._run_with_retries(moment, reason)
        if last.exit_code in _VERDICTS:
            return self._write(status, last=last, data=data, given_up="", skipped=0, **handled)
        if self.stop.is_set():
            # A stopped run is repeated as well.
            stopped = last.model_copy(update={"exit_code": exit_codes.INTERRUPTED, "meaning": _STOPPED})
            return self._write(status, last=stopped)
        return self._write(status, last=last, given_up=data, skipped=0, **handled)

    def _run_with_retries(self, started: datetime, reason: str) -> LastRun:
        code, attempts, pause = self.run(reason), 1, self.retry.seconds
        while code not in _VERDICTS and attempts <= self.retry.times and not self.stop.is_set():
            log.warning("%s; attempt %d of %d in %.0f s", meaning(code), attempts + 1, self.retry.times + 1, pause)
            if self.stop.wait(pause):
                break
            code, attempts, pause = self.run(reason), attempts + 1, 2 * pause
        log.info("%s", meaning(code))
        return LastRun(
            started=started, ended=self.now(), exit_code=code, attempts=attempts, meaning=meaning(code), reason=reason
        )

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
        try:
            write_status(self.workspace, status)
        except (
            OSError
        ) as error:  # a full disk ends no schedule: what is in memory counts, and the next step writes again
            log.warning("the status cannot be written (%s); it is kept in memory", error.strerror)
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
