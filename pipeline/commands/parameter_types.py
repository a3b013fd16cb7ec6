"""The types of options and arguments: what a shell makes of a variable that is not set, or of `~`, is never taken as it is.

An empty name would be the working directory, and an empty address every network of the machine. NaN passes every range, since
all comparisons with it are false.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

import click

from data.plain_text import one_line

_EMPTY = "it is empty, as from a variable that is not set"
LARGEST = 1_000_000_000
"""Largest whole number of an option without a bound of its own: libraries hold it in 32 bits, more is a slip of the hand."""
LARGEST_SEED = 2**31 - 1
LAST_SPAN = 2**63 - 1
"""Number of a span; it may be a time in nanoseconds."""
LONGEST_SIDE = 65_535
"""Longest side of an image in pixels: the longest that a JPEG can have."""
_LONGEST_SECONDS = 366 * 24 * 3600.0
"""A year: longer times are slips of the hand, and the clocks of the libraries overflow at some hundred years."""


class FilePath(click.Path):
    """The path of a file or folder. A `~` at its beginning stands for a home directory, also in `--output=~/restored`."""

    def __init__(self, **attributes: Any) -> None:
        """Takes what `click.Path` takes.

        Args:
            **attributes: Such as `file_okay=False` for a folder.
        """
        super().__init__(path_type=Path, **attributes)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Returns the path."""
        text = str(value)
        if not text:
            self.fail(f"{_EMPTY}; name a file or folder, . is this one", param, ctx)
        if text.startswith("~"):
            from data.storage.paths import absolute  # loads pydantic, which no help needs

            try:
                value = absolute(Path(text))
            except ValueError as error:
                self.fail(f"{error}, or ./{text} for a file of that name", param, ctx)
        return cast("Path", super().convert(value, param, ctx))


class Text(click.ParamType):
    """A text that ends up in a document or an address: not empty, and in UTF-8."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns the text."""
        text = str(value)
        if not text.strip():
            self.fail(f"{_EMPTY}; give a text, or leave the option out", param, ctx)
        if any("\ud800" <= char <= "\udfff" for char in text):
            self.fail("it is not UTF-8; write it in that encoding", param, ctx)
        return text


class NonEmpty(click.ParamType):
    """The name of a file, folder or pattern of files, in any encoding; not empty."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns the text as it was given."""
        if not value:
            self.fail(f"{_EMPTY}; name a file or folder, . is this one", param, ctx)
        return str(value)


class WholeRange(click.IntRange):
    """A whole number within bounds; without an upper one, it is at most `LARGEST`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Returns the number."""
        number = int(super().convert(value, param, ctx))
        if self.max is None and number > LARGEST:
            self.fail(f"{one_line(str(value), 40)} is more than {LARGEST:,}", param, ctx)
        return number


class FiniteRange(click.FloatRange):
    """A number within bounds that is neither NaN nor infinite."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Returns the number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


def seconds_from(least: float = 0, *, is_open: bool = False) -> FiniteRange:
    """Returns the type of a time in seconds, of at most a year.

    Args:
        least: The shortest time.
        is_open: Whether the shortest time itself is refused.
    """
    return FiniteRange(min=least, min_open=is_open, max=_LONGEST_SECONDS)
