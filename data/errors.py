"""The error that bad input raises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class InputError(ValueError):
    """Input that a user can mend; its message is one line: which file, what is wrong, what to do."""


def attempt(function: Callable[[T], R], item: T) -> R | InputError:
    """Returns the result, or the error where the input is at fault: one bad file must not hide the next."""
    try:
        return function(item)
    except InputError as error:
        return error


def together(errors: Sequence[InputError]) -> InputError:
    """Returns one error that names the file of every "NAME: REASON", each reason once."""
    if len(errors) == 1:
        return errors[0]
    names = defaultdict(list)
    for error in errors:
        name, _, reason = str(error).partition(": ")
        names[reason].append(name)
    parts = [f"{reason}: {', '.join(sorted(set(files)))}" for reason, files in names.items()]
    return InputError(f"{len(errors)} files cannot be used; " + "; ".join(parts))
