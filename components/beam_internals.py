"""Beam's names that its public modules do not offer: each once, with the reason it is needed and when it can go.

Checked on Beam 2.60 and 2.77, which both have all of them at these paths.
"""

from __future__ import annotations

import inspect
import types
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

# `get_function_args_defaults`, which Beam calls for every method of a DoFn each time it looks for state and timers in it: some
# fifty thousand times in a StatisticsGen, for a few hundred functions. It can go when Beam remembers what a DoFn has.
from apache_beam.transforms import core

Arguments = tuple[list[str], list[Any]]
"""Names of the arguments of a method, without `self`, and the defaults of the last of them."""

_State = tuple[types.CodeType, tuple[Any, ...] | None, dict[str, Any] | None]
_Known = weakref.WeakKeyDictionary[types.FunctionType, tuple[_State, Arguments]]
"""Code and defaults of functions when they were inspected, and their arguments, as long as the functions exist."""


def is_on_this_machine(arguments: Sequence[object]) -> bool:
    """Returns whether Beam's workers are this process or its children, which see this machine's disk.

    Args:
        arguments: Beam's options, which name the runner.
    """
    return "--runner=DirectRunner" in arguments


@contextmanager
def remembered_arguments() -> Iterator[None]:
    """Lets Beam inspect each method once while the context lasts, which saves a tenth of a small component's time."""
    module: Any = core
    original = module.get_function_args_defaults
    module.get_function_args_defaults = remembering(original)
    try:
        yield
    finally:
        module.get_function_args_defaults = original


def remembering(inspected: Callable[[Any], Arguments]) -> Callable[[Any], Arguments]:
    """Returns a function that inspects a method or function once, as long as it has the same code and defaults.

    Anything else, such as a class or a function that wraps another one, is inspected each time.

    Args:
        inspected: Returns the arguments of a function.
    """
    of_methods, of_functions = _Known(), _Known()

    def arguments(function: Any) -> Arguments:
        known, plain = (of_methods, function.__func__) if inspect.ismethod(function) else (of_functions, function)
        if not isinstance(plain, types.FunctionType) or vars(plain).keys() & {"__wrapped__", "__signature__"}:
            return inspected(function)
        state = (plain.__code__, plain.__defaults__, plain.__kwdefaults__)
        before, (names, defaults) = known.get(plain, (None, ([], [])))
        if before is None or any(old is not new for old, new in zip(before, state, strict=True)):
            names, defaults = inspected(function)
            known[plain] = state, (names, defaults)
        return [*names], [*defaults]

    return arguments
