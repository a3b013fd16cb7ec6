"""Cron expressions as crontab means them.

Five fields: minute, hour, day of the month, month, day of the week. Sunday is 0 and 7. Where neither of the two day fields
begins with `*`, a day matches that matches one of them; otherwise it must match both (crontab(5), cron 3.0 of Debian).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from cronsim import CronSim, CronSimError

from data.errors import InputError

FIELDS = 5
DAY, WEEKDAY = 2, 4  # places among the fields
DAYS_OF_A_WEEK = 7
_RANGE_OF_ONE = re.compile(r"\b(\w+)-\1/0*[1-9][0-9]*\b", re.IGNORECASE)
_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Crontab:
    """A valid expression.

    Attributes:
        fields: The five fields as they were written.
    """

    fields: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Crontab:
        """Parses an expression.

        Raises:
            InputError: It has not five fields, a field is invalid, or it matches no date.
        """
        # cronsim reads 5-5/2 as 5/2, from 5 in steps of 2; in crontab it is a range of one number.
        fields = tuple(_RANGE_OF_ONE.sub(r"\1", text).split())
        if len(fields) != FIELDS:
            raise InputError(
                f'cron "{text}": expected five fields (minute hour day month weekday), such as "0 3 * * *", not {len(fields)}'
            )
        try:
            times = CronSim(" ".join(fields), _ANY_MOMENT)
            next(times)
        except CronSimError as error:
            raise InputError(f'cron "{text}": {error}; such as "0 3 * * *", every night at three') from error
        except StopIteration:
            raise InputError(f'cron "{text}": matches no date') from None
        if not (_plain(times.days) and _plain(times.weekdays)):
            raise InputError(f'cron "{text}": L and # are no part of crontab')
        return cls(fields)

    def times(self, after: datetime) -> Iterator[datetime]:
        """Yields the times that follow a moment, in its time zone, as cron does where the clock is changed twice a year.

        Args:
            after: A moment with a time zone.
        """
        return CronSim(" ".join(self.fields), after)

    def kubeflow(self) -> str:
        """Returns the expression that Kubeflow reads the same way: six fields, the first of which is the seconds, 0.

        Its parser knows no day 7, and takes a `*` anywhere in a list of days for one at its beginning. So a list of days is
        written out, behind the `*` where one begins it.
        """
        parsed = CronSim(" ".join(self.fields), _ANY_MOMENT)
        weekdays = {day % DAYS_OF_A_WEEK for day in parsed.weekdays if isinstance(day, int)}
        fields = list(self.fields)
        for place, days in ((DAY, parsed.days), (WEEKDAY, weekdays)):
            first, *rest = fields[place].split(",")
            starred = first.startswith("*")
            if rest or not starred:
                fields[place] = ",".join([first] * starred + [str(day) for day in sorted(days)])
        return " ".join(["0", *fields])


def _plain(days: Iterable[int | tuple[int, int]]) -> bool:
    """Whether all days are numbers: cronsim writes the last day and the n-th weekday as negative numbers and pairs."""
    return all(isinstance(day, int) and day >= 0 for day in days)
