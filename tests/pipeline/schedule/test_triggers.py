"""The times of a schedule."""

from __future__ import annotations

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


@pytest.mark.parametrize("text", ["0 3 * *", "0 25 * * *", "now", "0 3 * * * *"])
def test_an_invalid_expression_is_one_line(text):
    with pytest.raises(InputError, match="expected five fields") as caught:
        Cron.parse(text)
    assert "\n" not in str(caught.value)


def test_a_poll_is_due_at_once_and_then_after_each_interval():
    poll = Poll(60)
    assert poll.after(None, NIGHT) == NIGHT
    assert poll.after(NIGHT, NIGHT + timedelta(seconds=5)) == NIGHT + timedelta(seconds=60)
