"""When drift of a server's requests starts a run, and when it does not.

Three things keep it from starting one run after the other. A run on records that were judged before would learn nothing new, so
none is started. After a run, a cool-down lasts as long as the compared requests reach back. And a drift is over only once all
distances are well below their thresholds, so that one that wavers around a threshold is one drift.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.schedule.drift_reading import DriftReading
from pipeline.schedule.status import DriftStatus


@dataclass(frozen=True)
class DriftWatch:
    """The drift that a schedule watches.

    Attributes:
        read: Compares the newest requests with the training data; raises `NotJudgedError` where they cannot be compared.
        interval: Time between two comparisons.
        cool_down: Time after the end of a run that a drift started, before drift may start another. It is as long as the
            requests that are compared reach back, so that the next decision rests on requests that the last one did not see.
    """

    read: Callable[[], DriftReading]
    interval: timedelta
    cool_down: timedelta

    def next_check(self, status: DriftStatus, now: datetime) -> datetime:
        """Returns the time of the next comparison. One that is recorded for a later time than now counts as made now.

        Args:
            status: What is known so far.
            now: The time.
        """
        return now if status.checked is None else min(status.checked, now) + self.interval

    def cools_until(self, status: DriftStatus, now: datetime) -> datetime | None:
        """Returns the end of the cool-down; None where there is none.

        Args:
            status: What is known so far.
            now: The time. A run that is recorded to have ended later counts as ended now: the clock was wrong.
        """
        if status.run_ended is None:
            return None
        until = min(status.run_ended, now) + self.cool_down
        return until if until > now else None


def after_reading(status: DriftStatus, reading: DriftReading, moment: datetime) -> DriftStatus:
    """Returns the status with the drift begun, continued or ended by a comparison.

    Args:
        status: What is known so far.
        reading: The comparison.
        moment: Its time.
    """
    if reading.is_over:
        return status.model_copy(update={"since": None, "data": ""})
    if reading.has_drifted and status.since is None:
        return status.model_copy(update={"since": moment})
    return status
