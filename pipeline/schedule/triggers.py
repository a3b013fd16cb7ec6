"""The times at which a schedule checks for new data: crontab's, or a fixed distance apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Protocol

from apscheduler.triggers.cron import CronTrigger

from data.errors import InputError


class Trigger(Protocol):
    """The times of a schedule."""

    def after(self, handled: datetime | None, now: datetime) -> datetime:
        """Returns the time that follows the last handled one; a time in the past is due at once."""


@dataclass(frozen=True)
class Cron:
    """The times of a crontab expression of five fields, in a time zone."""

    trigger: CronTrigger

    @classmethod
    def parse(cls, text: str, zone: str | None = None) -> Cron:
        """Parses an expression.

        Args:
            text: Minute, hour, day of the month, month and day of the week, as in crontab.
            zone: Name of a time zone; None: the machine's.

        Raises:
            InputError: The expression or the time zone is invalid.
        """
        try:
            return cls(CronTrigger.from_crontab(text, timezone=zone))
        except Exception as error:  # the trigger raises errors of many types
            raise InputError(f'--cron "{text}": {error}; expected five fields, such as "0 3 * * *"') from error

    def after(self, handled: datetime | None, now: datetime) -> datetime:
        """Returns the next time; of several missed times the last one, so that one run makes up for all of them."""
        if handled is None:
            return self._next(now)
        due = self._next(handled + timedelta(microseconds=1))
        while (later := self._next(due + timedelta(microseconds=1))) <= now:
            due = later
        return due

    def _next(self, moment: datetime) -> datetime:
        fire_time = self.trigger.get_next_fire_time(None, moment)
        if fire_time is None:
            raise InputError("--cron: the expression matches no date, such as 0 0 31 2 *")
        return fire_time.astimezone(timezone.utc)


@dataclass(frozen=True)
class Poll:
    """Times a fixed number of seconds apart; the first is now."""

    seconds: float

    def after(self, handled: datetime | None, now: datetime) -> datetime:
        """Returns the next time."""
        return now if handled is None else handled + timedelta(seconds=self.seconds)
