"""Converts cron expressions from the five fields of crontab to the six fields of Kubeflow."""

from __future__ import annotations

from pipeline.schedule.crontab import Crontab


def kubeflow_cron(expression: str) -> str:
    """Returns a cron expression with Kubeflow's six fields that means what the five mean in crontab.

    Args:
        expression: Minute, hour, day of the month, month and day of the week.

    Raises:
        InputError: The expression is invalid.
    """
    return Crontab.parse(expression).kubeflow()
