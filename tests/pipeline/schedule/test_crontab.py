"""Cron expressions mean what they mean in crontab; the expected days were read from a calendar."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from data.errors import InputError
from pipeline.schedule.triggers import Cron

FRIDAY = datetime(2026, 11, 27, 3, tzinfo=timezone.utc)


def _days(text, count):
    cron, moment, days = Cron.parse(text, "UTC"), FRIDAY, []
    for _ in range(count):
        moment = cron.after(moment, moment)
        days.append(f"{moment:%a %d}")
    return days


@pytest.mark.parametrize(
    ("field", "first"),
    [
        ("0", "Sun 29"),
        ("7", "Sun 29"),
        ("1", "Mon 30"),
        ("2", "Tue 01"),
        ("5", "Fri 04"),
        ("6", "Sat 28"),
        ("SUN", "Sun 29"),
    ],
)
def test_the_week_begins_with_sunday_0_which_is_7_too(field, first):
    assert _days(f"0 3 * * {field}", 1) == [first]


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("1-5", ["Mon 30", "Tue 01", "Wed 02", "Thu 03", "Fri 04", "Mon 07"]),
        ("5-7", ["Sat 28", "Sun 29", "Fri 04", "Sat 05"]),
        ("6,0", ["Sat 28", "Sun 29", "Sat 05"]),
        ("mon-wed", ["Mon 30", "Tue 01", "Wed 02", "Mon 07"]),
        ("*/2", ["Sat 28", "Sun 29", "Tue 01", "Thu 03", "Sat 05"]),
    ],
)
def test_lists_ranges_and_steps_of_weekdays(field, days):
    assert _days(f"0 3 * * {field}", len(days)) == days


def test_a_day_of_the_month_or_a_weekday():
    assert _days("0 3 1,15 * 1", 5) == ["Mon 30", "Tue 01", "Mon 07", "Mon 14", "Tue 15"]


def test_a_day_field_that_begins_with_a_star_restricts_the_other():
    assert _days("0 3 */2 * 1", 2) == ["Mon 07", "Mon 21"]
    assert _days("0 3 29 * *", 1) == ["Sun 29"]


def test_a_range_of_one_number_with_a_step_is_that_number():
    assert _days("0 3 29-29/7 * *", 2) == ["Sun 29", "Tue 29"]
    assert _days("0 3 * * mon-MON/2", 2) == ["Mon 30", "Mon 07"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 3 * *", "expected five fields"),
        ("now", "expected five fields"),
        ("0 3 * * * *", "expected five fields"),
        ("", "expected five fields"),
        ("0 25 * * *", "hour"),
        ("0 3 * * 8", "day-of-week"),
        ("0 3 * * -1", "day-of-week"),
        ("0 3 31 2 *", "day-of-month"),
        ("0 3 L * *", "no part of crontab"),
        ("0 3 * * 5#2", "no part of crontab"),
        ("0 3 * * 5L", "no part of crontab"),
        ("0 3 ² * *", "day-of-month"),
        ("*/0 * * * *", "minute"),
        ("@daily", "expected five fields"),
    ],
)
def test_an_invalid_expression_is_one_line(text, said):
    with pytest.raises(InputError, match=said) as caught:
        Cron.parse(text)
    assert "\n" not in str(caught.value)


def test_a_leap_day_is_found():
    assert Cron.parse("0 0 29 2 *", "UTC").after(None, FRIDAY) - FRIDAY < timedelta(days=500)
