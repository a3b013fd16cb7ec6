"""The times of a schedule."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest

from data.errors import InputError
from pipeline.schedule.triggers import Cron, Poll

NIGHT = datetime(2026, 11, 27, 3, tzinfo=timezone.utc)
DAY = timedelta(days=1)
NIGHTLY = Cron.parse("0 3 * * *", "UTC")


def test_a_nightly_schedule():
    assert NIGHTLY.after(None, NIGHT - timedelta(hours=5)) == NIGHT
    assert NIGHTLY.after(NIGHT, NIGHT + timedelta(minutes=20)) == NIGHT + DAY
    assert NIGHTLY.after(NIGHT - DAY, NIGHT) == NIGHT


def test_one_run_makes_up_for_all_missed_times():
    missed = NIGHTLY.after(NIGHT, NIGHT + 5 * DAY + timedelta(hours=6))
    assert missed == NIGHT + 5 * DAY  # the last of five nights
    handled = NIGHT + 5 * DAY + timedelta(hours=6)
    assert NIGHTLY.after(handled, handled + timedelta(hours=1)) == NIGHT + 6 * DAY


def test_the_hour_is_that_of_the_time_zone():
    berlin = Cron.parse("0 3 * * *", "Europe/Berlin")
    assert berlin.after(None, NIGHT - timedelta(hours=3)) == NIGHT - timedelta(hours=1)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_an_unknown_time_zone_is_one_line(zone):
    with pytest.raises(InputError, match="such as Europe/Berlin") as caught:
        Cron.parse("0 3 * * *", zone)
    assert "\n" not in str(caught.value)


def test_the_machines_time_zone_is_the_default():
    assert Cron.parse("0 3 * * *").after(None, NIGHT) > NIGHT - DAY


def test_a_night_without_the_hour_runs_after_it_and_a_night_with_two_runs_once():
    """On 2027-03-28 the clock goes from 2 to 3, on 2026-10-25 from 3 back to 2."""
    berlin = Cron.parse("30 2 * * *", "Europe/Berlin")
    spring = datetime(2027, 3, 27, 12, tzinfo=timezone.utc)
    assert berlin.after(None, spring) == datetime(2027, 3, 28, 1, tzinfo=timezone.utc)
    autumn = datetime(2026, 10, 24, 12, tzinfo=timezone.utc)
    first = berlin.after(None, autumn)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=timezone.utc)
    assert berlin.after(first, first) == datetime(2026, 10, 26, 1, 30, tzinfo=timezone.utc)


def test_a_poll_is_due_at_once_and_then_after_each_interval():
    poll = Poll(60)
    assert poll.after(None, NIGHT) == NIGHT
    assert poll.after(NIGHT, NIGHT + timedelta(seconds=5)) == NIGHT + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("expression", "last"),
    [
        ("* * * * *", NIGHT),
        ("30 2 * * *", NIGHT - timedelta(minutes=30)),
        ("0 3 1 * *", datetime(2026, 11, 1, 3, tzinfo=timezone.utc)),
        ("0 0 1 1 *", datetime(2026, 1, 1, tzinfo=timezone.utc)),
        ("0 0 29 2 *", datetime(2024, 2, 29, tzinfo=timezone.utc)),
    ],
)
def test_a_clock_that_began_in_1970_and_was_then_set_costs_no_minutes(expression, last):
    began = time.process_time()
    first = datetime(1970, 1, 1, tzinfo=timezone.utc)
    assert Cron.parse(expression, "UTC").after(first, NIGHT) == last
    assert time.process_time() - began < 5
