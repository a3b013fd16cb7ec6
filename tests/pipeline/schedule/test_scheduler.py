"""A schedule's decisions, with a clock and runs that are told what to do."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta, timezone

import pytest
from filelock import FileLock

from data.errors import InputError
from pipeline import exit_codes
from pipeline.schedule.scheduler import Cron, Poll, Retry, Scheduler
from pipeline.schedule.status import Status, read_status, write_status

NIGHT = datetime(2026, 11, 27, 3, tzinfo=timezone.utc)
DAY = timedelta(days=1)
NIGHTLY = Cron.parse("0 3 * * *", "UTC")


class World:
    """Data, runs and a clock."""

    def __init__(self, workspace, codes=(0,), **options):
        self.workspace, self.options = workspace, options
        self.time, self.data, self.codes = NIGHT, "span 1", list(codes)
        self.runs, self.waits = [], []
        self.stop = self

    # What the scheduler takes for its event: waiting moves the clock.
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

    def run(self):
        self.runs.append((self.time, self.data))
        self.time += timedelta(minutes=20)
        return self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]

    def scheduler(self):
        return Scheduler(self.workspace, self.fingerprint, self.run, self.stop, now=lambda: self.time, **self.options)

    def look(self):
        status = self.scheduler().look(read_status(self.workspace), self.time)
        assert read_status(self.workspace) == status  # what is remembered is on disk
        return status


def test_the_same_data_is_trained_on_once_and_new_data_again(tmp_path):
    world = World(tmp_path)
    world.look()
    assert (world.look().skipped, world.look().skipped) == (1, 2)
    world.data = "span 2"
    assert world.look().skipped == 0
    assert [data for _, data in world.runs] == ["span 1", "span 2"]


@pytest.mark.parametrize("code", [0, 3, 4])
def test_a_verdict_whatever_it_is_ends_the_matter(tmp_path, code):
    world = World(tmp_path, [code])
    assert world.look().last.exit_code == code
    world.look()
    assert len(world.runs) == 1


def test_a_run_that_fails_is_tried_again_after_longer_and_longer_pauses(tmp_path):
    world = World(tmp_path, [1, -9, 2, 0], retry=Retry(3, 60))
    last = world.look().last
    assert (last.exit_code, last.attempts, last.meaning) == (0, 4, exit_codes.RUN[0])
    assert world.waits == [60, 120, 240]


def test_after_the_last_attempt_it_waits_for_the_next_moment_and_tries_again(tmp_path):
    world = World(tmp_path, [1], retry=Retry(1, 60))
    assert world.look().last.attempts == 2
    assert read_status(tmp_path).data == ""
    world.codes = [0]
    assert world.look().last.exit_code == 0


def test_a_watch_leaves_data_alone_that_it_has_given_up(tmp_path):
    world = World(tmp_path, [1], retry=Retry(0), stubborn=False)
    world.look()
    world.look()
    assert len(world.runs) == 1
    world.data = "span 1, replaced"
    world.look()
    assert len(world.runs) == 2


def test_always_means_always(tmp_path):
    world = World(tmp_path, always=True)
    world.look()
    world.look()
    assert len(world.runs) == 2


def test_data_that_is_not_there_yet_is_waited_for(tmp_path):
    world = World(tmp_path)
    world.data = None
    assert world.look().last is None
    world.data = "span 1"
    assert world.look().last.exit_code == 0


def test_nights():
    assert NIGHTLY.after(None, NIGHT - timedelta(hours=5)) == NIGHT
    assert NIGHTLY.after(NIGHT, NIGHT + timedelta(minutes=20)) == NIGHT + DAY
    assert NIGHTLY.after(NIGHT - DAY, NIGHT) == NIGHT


def test_what_was_due_while_nothing_ran_is_caught_up_once():
    missed = NIGHTLY.after(NIGHT, NIGHT + 5 * DAY + timedelta(hours=6))
    assert missed == NIGHT + 5 * DAY  # the last of five nights
    handled = NIGHT + 5 * DAY + timedelta(hours=6)
    assert NIGHTLY.after(handled, handled + timedelta(hours=1)) == NIGHT + 6 * DAY


def test_the_hour_is_that_of_the_time_zone():
    berlin = Cron.parse("0 3 * * *", "Europe/Berlin")
    assert berlin.after(None, NIGHT - timedelta(hours=3)) == NIGHT - timedelta(hours=1)


@pytest.mark.parametrize("text", ["0 3 * *", "0 25 * * *", "now", "0 3 * * * *"])
def test_what_is_no_cron_is_said_in_one_line(text):
    with pytest.raises(InputError, match="expected five fields") as caught:
        Cron.parse(text)
    assert "\n" not in str(caught.value)


def test_a_poll_looks_at_once_and_then_every_so_often():
    poll = Poll(60)
    assert poll.after(None, NIGHT) == NIGHT
    assert poll.after(NIGHT, NIGHT + timedelta(seconds=5)) == NIGHT + timedelta(seconds=60)


def test_a_schedule_killed_while_it_ran_runs_again_when_it_comes_back(tmp_path):
    world = World(tmp_path)

    def killed():
        raise SystemExit

    scheduler = Scheduler(tmp_path, world.fingerprint, killed, world, now=lambda: world.time)
    with pytest.raises(SystemExit):
        scheduler.look(read_status(tmp_path), NIGHT)
    left = read_status(tmp_path)
    assert (left.state, left.handled, left.data) == ("running", None, "")
    assert world.look().last.exit_code == 0


def test_once_exits_with_the_code_of_the_run_and_0_where_there_is_nothing_to_do(tmp_path):
    world = World(tmp_path, [3])
    assert world.scheduler().once(1) == 3
    assert world.scheduler().once(1) == 0
    assert read_status(tmp_path).state == "stopped"


def test_one_schedule_at_a_time_and_a_dead_ones_lock_is_none(tmp_path):
    write_status(tmp_path, Status(pid=4711))
    (tmp_path / "schedule" / "lock").touch()  # left by one that was killed
    with FileLock(tmp_path / "schedule" / "lock"), pytest.raises(InputError, match="process 4711 keeps a schedule"):
        World(tmp_path).scheduler().once(1)
    assert World(tmp_path).scheduler().once(1) == 0


def test_it_serves_until_it_is_stopped_and_says_what_it_waits_for(tmp_path):
    world, stop, seen = World(tmp_path), threading.Event(), []

    def run():
        seen.append(read_status(tmp_path).state)
        stop.set()
        return 0

    Scheduler(tmp_path, world.fingerprint, run, stop, now=lambda: world.time).serve(Poll(60), pid=7)
    status = read_status(tmp_path)
    assert seen == ["running"]
    assert (status.state, status.pid, status.due) == ("stopped", 7, None)
    assert json.loads((tmp_path / "schedule" / "status.json").read_text())["last"]["meaning"] == exit_codes.RUN[0]


def test_a_damaged_status_is_named(tmp_path):
    write_status(tmp_path, Status())
    (tmp_path / "schedule" / "status.json").write_text("{")
    with pytest.raises(InputError, match=r"status\.json: not the status"):
        read_status(tmp_path)
