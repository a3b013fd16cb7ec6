"""The times at which a schedule checks for new data: crontab's, or a fixed distance apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzlocal

from data.errors import InputError
from pipeline.schedule.crontab import Crontab

_NEAR = tuple(timedelta(days=days) for days in (1, 32, 366))
"""Spans before now that are searched for the last of several missed times, the shortest first."""


class Trigger(Protocol):
    """The times of a schedule."""

    def after(self, handled: datetime | None, now: datetime) -> datetime:
        """Returns the time that follows the last handled one; a time in the past is due at once."""


@dataclass(frozen=True)
class Cron:
    """The times of a crontab expression of five fields, in a time zone."""

    expression: Crontab
    zone: tzinfo

    @classmethod
    def parse(cls, text: str, zone: str | None = None) -> Cron:
        """Parses an expression.

        Args:
            text: Minute, hour, day of the month, month and day of the week, as in crontab.
            zone: Name of a time zone; None: the machine's.

        Raises:
            InputError: The expression or the time zone is invalid.
        """
        expression = Crontab.parse(text)
        try:
            return cls(expression, tzlocal.get_localzone() if zone is None else ZoneInfo(zone))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            name = "this machine's time zone" if zone is None else f'--timezone "{zone}"'
            raise InputError(f"{name}: {error}; give --timezone a name such as Europe/Berlin") from error

    def after(self, handled: datetime | None, now: datetime) -> datetime:
        """Returns the next time; of several missed times the last one, so that one run makes up for all of them."""
        if handled is None:
            return self._next(now - timedelta(microseconds=1))
        due = self._next(handled)
        if due > now:
            return due
        # A clock that began in 1970 and was then set has missed millions of times: look near the end first.
        for span in _NEAR:
            if now - span > due and (recent := self._next(now - span)) <= now:
                due = recent
                break
        while (later := self._next(due)) <= now:
            due = later
        return due

    def _next(self, moment: datetime) -> datetime:
        """Returns the first time after a moment."""
        return next(self.expression.times(moment.astimezone(self.zone))).astimezone(timezone.utc)


@dataclass(frozen=True)
class Poll:
    """Times a fixed number of seconds apart; the first is now."""

    seconds: float

    def after(self, handled: datetime | None, now: datetime) -> datetime:
        """Returns the next time."""
        return now if handled is None else handled + timedelta(seconds=self.seconds)
