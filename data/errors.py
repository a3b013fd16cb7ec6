"""The error that bad input raises, and how the errors of many files become one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class InputError(ValueError):
    """Input that a user can mend; its message is one line: which file, what is wrong, what to do."""


def attempt(function: Callable[[T], R], item: T) -> R | InputError:
    """Calls a function and returns its `InputError`, if it raises one: a bad file must not hide the next.

    Args:
        function: The function.
        item: Its argument.

    Returns:
        The result, or the error.
    """
    try:
        return function(item)
    except InputError as error:
        return error


def join_errors(errors: Sequence[InputError]) -> InputError:
    """Makes one error of several whose messages are "FILE: REASON".

    Args:
        errors: At least one.

    Returns:
        An error that gives each reason once, with the files that it concerns.
    """
    if len(errors) == 1:
        return errors[0]
    names = defaultdict(list)
    for error in errors:
        name, _, reason = str(error).partition(": ")
        names[reason].append(name)
    parts = [f"{reason}: {', '.join(sorted(set(files)))}" for reason, files in names.items()]
    return InputError(f"{len(errors)} files cannot be used; " + "; ".join(parts))
