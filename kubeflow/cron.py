"""Cron, from the five fields that everybody writes to the six that Kubeflow reads."""

from __future__ import annotations

from apscheduler.triggers.cron import CronTrigger

from data.errors import InputError


def kubeflow_cron(expression: str) -> str:
    """Returns a cron expression of five fields as Kubeflow's of six: the seconds come first, and are 0.

    The days of the week stay as they are: Kubeflow's parser counts them from Sunday, 0, as cron does.

    Args:
        expression: minute, hour, day of the month, month, day of the week.

    Raises:
        InputError: It is no such expression.
    """
    fields = expression.split()
    if len(fields) != 5:
        raise InputError(
            f"cron {expression!r}: expected five fields (minute hour day month weekday), such as '0 3 * * *', "
            f"found {len(fields)}; the seconds that Kubeflow wants are added"
        )
    try:
        CronTrigger.from_crontab(expression)
    except ValueError as error:
        raise InputError(f"cron {expression!r}: {error}") from error
    return " ".join(["0", *fields])
