"""The decisions of a schedule, with a simulated clock and simulated runs."""

from __future__ import annotations

import errno
import json
import os
import threading
from datetime import datetime, timedelta, timezone

import pytest
from filelock import FileLock

from data.errors import InputError
from pipeline import exit_codes
from pipeline.schedule.scheduler import Retry, Scheduler
from pipeline.schedule.status import Status, read_status, write_status
from pipeline.schedule.triggers import Cron, Poll

NIGHT = datetime(2026, 11, 27, 3, tzinfo=timezone.utc)


class World:
    """Data, runs and a clock."""

    def __init__(self, workspace, codes=(0,), **options):
        self.workspace, self.options = workspace, options
        self.time, self.data, self.codes = NIGHT, "span 1", list(codes)
        self.runs, self.reasons, self.waits = [], [], []
        self.stop = self

    # The scheduler uses this object as its stop event; a wait moves the clock.
    def is_set(self):
        return False

    def wait(self, seconds):
        self.waits.append(seconds)
        self.time += timedelta(seconds=seconds)
        return False

    def fingerprint(self):
        if self.data is None:
            raise InputError("records: holds no span-N/")
        return self.data

    def run(self, reason):
        self.reasons.append(reason)
        self.runs.append((self.time, self.data))
        self.time += timedelta(minutes=20)
        return self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]

    def scheduler(self):
        return Scheduler(self.workspace, self.fingerprint, self.run, self.stop, now=lambda: self.time, **self.options)

    def check(self):
        status = self.scheduler().check(read_status(self.workspace), self.time)
        assert read_status(self.workspace) == status  # the status is on disk
        return status


def test_the_same_data_is_trained_on_once_and_new_data_again(tmp_path):
    world = World(tmp_path)
    world.check()
    assert (world.check().skipped, world.check().skipped) == (1, 2)
    world.data = "span 2"
    assert world.check().skipped == 0
    assert [data for _, data in world.runs] == ["span 1", "span 2"]


@pytest.mark.parametrize("code", [0, 3, 4])
def test_no_verdict_is_retried(tmp_path, code):
    world = World(tmp_path, [code])
    assert world.check().last.exit_code == code
    world.check()
    assert len(world.runs) == 1


def test_a_crashed_run_is_retried_after_pauses_that_double(tmp_path):
    world = World(tmp_path, [1, -9, 2, 0], retry=Retry(3, 60))
    last = world.check().last
    assert (last.exit_code, last.attempts, last.meaning) == (0, 4, exit_codes.RUN[0])
    assert world.waits == [60, 120, 240]


def test_after_the_last_retry_the_next_time_runs_again(tmp_path):
    world = World(tmp_path, [1], retry=Retry(1, 60))
    assert world.check().last.attempts == 2
    assert read_status(tmp_path).data == ""
    world.codes = [0]
    assert world.check().last.exit_code == 0


def test_a_watch_does_not_run_again_on_data_that_crashed_every_attempt(tmp_path):
    world = World(tmp_path, [1], retry=Retry(0), should_retry_failed_data=False)
    world.check()
    world.check()
    assert len(world.runs) == 1
    world.data = "span 1, replaced"
    world.check()
    assert len(world.runs) == 2


def test_always_runs_on_unchanged_data(tmp_path):
    world = World(tmp_path, should_always_run=True)
    world.check()
    world.check()
    assert len(world.runs) == 2


def test_data_that_a_run_outside_of_the_schedule_has_judged_is_skipped_unless_always(tmp_path, caplog):
    judged = {"span 1": "20261127-010000"}
    world = World(tmp_path, judged=judged.get)
    with caplog.at_level("INFO", "schedule"):
        status = world.check()
    assert world.runs == []
    assert (status.data, status.skipped, status.handled) == ("span 1", 1, NIGHT)
    assert "run 20261127-010000 has judged this data" in caplog.text
    world.data = "span 2"
    world.check()
    assert [data for _, data in world.runs] == ["span 2"]
    always = World(tmp_path / "always", judged=judged.get, should_always_run=True)
    always.check()
    assert len(always.runs) == 1


class Twice:
    """A stop event that is set when the schedule has been asked for its stop a few times; a wait moves the clock."""

    def __init__(self, world, asked):
        self.world, self.left = world, asked

    def is_set(self):
        self.left -= 1
        return self.left < 0

    def wait(self, seconds):
        return self.world.wait(seconds)


@pytest.mark.parametrize("trigger", [Poll(60), Cron.parse("0 * * * *", "UTC")], ids=["poll", "cron"])
def test_a_check_recorded_by_a_wrong_clock_does_not_silence_the_schedule(tmp_path, trigger, caplog):
    world = World(tmp_path)
    write_status(tmp_path, Status(handled=NIGHT + timedelta(days=4000)))
    world.stop = Twice(world, 2)
    world.scheduler().serve(trigger, 1)
    assert len(world.runs) == 1
    assert world.runs[0][0] <= NIGHT + timedelta(hours=1)
    assert read_status(tmp_path).handled < world.time  # the record is right again
    assert "yet to come" in caplog.text


@pytest.mark.parametrize("trigger", [Poll(60), Cron.parse("0 * * * *", "UTC")], ids=["poll", "cron"])
def test_a_clock_that_is_set_back_while_waiting_does_not_silence_the_schedule(tmp_path, trigger):
    """It starts ten years ahead, has just checked there, and is set right within the first wait."""
    world = World(tmp_path)
    world.time = ahead = NIGHT + timedelta(days=4000)
    write_status(tmp_path, Status(handled=ahead))
    move = world.wait

    def set_right(_):
        world.wait, world.time = move, NIGHT
        return False

    world.wait = set_right
    world.stop = Twice(world, 5)
    world.scheduler().serve(trigger, 1)
    assert world.runs
    assert world.runs[0][0] <= NIGHT + timedelta(hours=1)


def test_missing_data_is_waited_for(tmp_path):
    world = World(tmp_path)
    world.data = None
    assert world.check().last is None
    world.data = "span 1"
    assert world.check().last.exit_code == 0


def test_a_schedule_killed_during_a_run_repeats_it(tmp_path):
    world = World(tmp_path)

    def killed(_):
        raise SystemExit

    scheduler = Scheduler(tmp_path, world.fingerprint, killed, world, now=lambda: world.time)
    with pytest.raises(SystemExit):
        scheduler.check(read_status(tmp_path), NIGHT)
    left = read_status(tmp_path)
    assert (left.state, left.handled, left.data) == ("running", None, "")
    assert world.check().last.exit_code == 0


def test_once_returns_the_code_of_the_run_and_0_without_new_data(tmp_path):
    world = World(tmp_path, [3])
    assert world.scheduler().once(1) == 3
    assert world.scheduler().once(1) == 0
    assert read_status(tmp_path).state == "stopped"


def test_one_schedule_at_a_time_and_the_lock_file_of_a_killed_one_does_not_count(tmp_path):
    write_status(tmp_path, Status(pid=4711))
    (tmp_path / "schedule" / "lock").touch()  # left by one that was killed
    with FileLock(tmp_path / "schedule" / "lock"), pytest.raises(InputError, match="process 4711 uses it"):
        World(tmp_path).scheduler().once(1)
    assert World(tmp_path).scheduler().once(1) == 0


def test_a_run_that_ended_because_the_schedule_was_stopped_is_not_recorded_as_failed(tmp_path):
    world = World(tmp_path, [-15])
    world.is_set = lambda: bool(world.runs)
    last = world.check().last
    assert last.exit_code == exit_codes.INTERRUPTED
    assert "was stopped before the run ended" in last.meaning
    world.is_set, world.codes = lambda: False, [0]
    assert world.check().last.exit_code == 0  # it runs again


def test_it_serves_until_it_is_stopped_and_its_status_shows_that(tmp_path):
    world, stop, seen = World(tmp_path), threading.Event(), []

    def run(_):
        seen.append(read_status(tmp_path).state)
        stop.set()
        return 0

    Scheduler(tmp_path, world.fingerprint, run, stop, now=lambda: world.time).serve(Poll(60), pid=7)
    status = read_status(tmp_path)
    assert seen == ["running"]
    assert (status.state, status.pid, status.due) == ("stopped", 7, None)
    assert json.loads((tmp_path / "schedule" / "status.json").read_text())["last"]["meaning"] == exit_codes.RUN[0]


def test_a_run_is_told_why_it_was_started_and_the_status_says_so(tmp_path):
    world = World(tmp_path, should_always_run=True)
    assert world.check().last.reason == "new records"
    assert world.check().last.reason == "the schedule's --always"
    assert world.reasons == ["new records", "the schedule's --always"]


def test_a_damaged_status_file_is_an_error_with_its_path(tmp_path):
    write_status(tmp_path, Status())
    # A time without a zone cannot be compared with the clock.
    for text in ("{", '{"handled": "2026-11-27T03:00:00"}', '{"drift": {"checked": "2026-11-27T03:00:00"}}'):
        (tmp_path / "schedule" / "status.json").write_text(text)
        with pytest.raises(InputError, match=r"status\.json: not the status"):
            read_status(tmp_path)


def test_a_full_disk_does_not_end_a_schedule(tmp_path, monkeypatch, caplog):
    world = World(tmp_path)
    world.check()
    before = read_status(tmp_path)
    with monkeypatch.context() as full:
        full.setattr("pipeline.schedule.scheduler.write_status", lambda *_: _raise_no_space())
        world.data = "span 2"
        status = world.scheduler().check(before, world.time)
    assert (status.data, len(world.runs)) == ("span 2", 2)
    assert "the status cannot be written (No space left on device)" in caplog.text
    assert read_status(tmp_path) == before


def _raise_no_space():
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
