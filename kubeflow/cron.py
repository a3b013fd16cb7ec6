"""Converts cron expressions from the five fields of crontab to the six fields of Kubeflow."""

from __future__ import annotations

from apscheduler.triggers.cron import CronTrigger

from data.errors import InputError


def kubeflow_cron(expression: str) -> str:
    """Returns a cron expression with Kubeflow's six fields, the first of which is the seconds, 0.

    The days of the week are unchanged: Kubeflow's parser counts them from Sunday, 0, as crontab does.

    Args:
        expression: Minute, hour, day of the month, month and day of the week.

    Raises:
        InputError: The expression is invalid.
    """
    fields = expression.split()
    if len(fields) != 5:
        raise InputError(
            f"cron {expression!r}: expected five fields (minute hour day month weekday), such as '0 3 * * *', "
            f"not {len(fields)}; the seconds that Kubeflow needs are added"
        )
    try:
        CronTrigger.from_crontab(expression)
    except ValueError as error:
        raise InputError(f"cron {expression!r}: {error}") from error
    return " ".join(["0", *fields])
