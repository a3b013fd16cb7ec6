"""The options of `data drift` and of `schedule --on-drift` that say which requests are compared."""

from __future__ import annotations

import click

from pipeline.commands.options import Decorator
from pipeline.commands.parameter_types import FiniteRange, WholeRange

FEWEST_IMAGES = 40
"""Fewer images are never judged; `pipeline.serving.monitoring.drift`, which takes seconds to import, has the same number."""

_LONGEST_HOURS = 87_600  # ten years, longer than any log is kept


def hours_option(name: str, meaning: str, default: float | None = None) -> Decorator:
    """Returns the option for the age of the oldest requests that are compared.

    Args:
        name: Its spelling, such as `--hours`.
        meaning: Its help.
        default: Its default in hours; None: requests of any age are compared.
    """
    return click.option(
        name,
        type=FiniteRange(min=0, min_open=True, max=_LONGEST_HOURS),
        default=default,
        show_default=default is not None,
        metavar="HOURS",
        help=meaning,
    )


def images_option(name: str, meaning: str, default: int = FEWEST_IMAGES) -> Decorator:
    """Returns the option for the fewest requests that are judged.

    Args:
        name: Its spelling, such as `--min-images`.
        meaning: Its help.
        default: Its default.
    """
    return click.option(
        name,
        type=WholeRange(min=FEWEST_IMAGES),
        default=default,
        show_default=True,
        help=meaning,
    )
