"""Turns pydantic's errors into one line in the words of the configuration."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from data.errors import InputError
from data.plain_text import one_line

_MAX_PROBLEMS = 5
_MAX_VALUE = 80
_KEY = "[key]"  # pydantic's mark of a problem with a key of a map, not with its value

_SECRET = re.compile(r"(webhook|tracking_uri)(?!_variable)|://")
"""Keys whose values errors never repeat, and what makes an address, whoever wrote it where: its path may be a secret."""

Location = tuple[int | str, ...]


def explain(error: ValidationError, root: type[BaseModel], source: str, overrides: Sequence[str]) -> str:
    """Returns the errors as one line that names the source of each and its key.

    Args:
        error: Pydantic's errors.
        root: The class that was validated.
        source: The file.
        overrides: `key.path=value` pairs that replaced values of the file; the last one of a key counts.

    Returns:
        The line.
    """
    by_source: dict[str, list[str]] = {}
    problems = error.errors()
    for problem in problems[:_MAX_PROBLEMS]:
        location = tuple(part for part in problem["loc"] if part != _KEY)
        by_source.setdefault(_source_of(location, source, overrides), []).append(_sentence(problem, location, root))
    if len(problems) > _MAX_PROBLEMS:
        by_source.setdefault(source, []).append(f"and {len(problems) - _MAX_PROBLEMS} more")
    return "; ".join(f"{name}: {'; '.join(sentences)}" for name, sentences in by_source.items())


def require_finite(config: BaseModel, source: str, overrides: Sequence[str] = ()) -> None:
    """Checks that every number of a configuration is finite; ranges that are open at one end have infinity in them.

    Args:
        config: The configuration, or a section of it.
        source: The file, or the option.
        overrides: As in `explain`.

    Raises:
        InputError: A number is NaN or infinite.
    """
    for location, value in _leaves(config.model_dump(), ()):
        if isinstance(value, float) and not math.isfinite(value):
            key = ".".join(map(str, location))
            raise InputError(
                f"{_source_of(location, source, overrides)}: {key}: input should be a finite number (got {value})"
            )


def _leaves(tree: Any, location: Location) -> Iterator[tuple[Location, Any]]:
    if isinstance(tree, dict | list | tuple):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from _leaves(value, (*location, key))
    else:
        yield location, tree


def _source_of(location: Location, source: str, overrides: Sequence[str]) -> str:
    """Returns the override that set a value, or the file."""
    keys = [str(part) for part in location]
    for override in reversed(overrides):
        replaced = override.partition("=")[0].strip().split(".")
        common = min(len(replaced), len(keys))
        if keys and replaced[:common] == keys[:common]:
            return f"--set {without_secret(override)}"
    return source


def without_secret(override: str) -> str:
    """Returns an override as an error shows it: short, and without the value of a key that may be secret.

    Args:
        override: `key.path=value`.
    """
    key, _, value = override.partition("=")
    return _cut(f"{key}=..." if _SECRET.search(key) or _SECRET.search(value) else override)


def _sentence(problem: ErrorDetails, location: Location, root: type[BaseModel]) -> str:
    key = _cut(".".join(str(part) for part in location)) or "the configuration"
    if problem["type"] == "extra_forbidden":
        return f"unknown key {key}{_suggestion(location, root)}"
    if _KEY in problem["loc"]:
        return f"unknown key {key} (known: {problem.get('ctx', {}).get('expected', problem['msg'])})"
    message = problem["msg"].removeprefix("Value error, ")
    given = (
        ""
        if _SECRET.search(key) or _SECRET.search(repr(problem["input"]))
        else f" (got {_cut(repr(problem['input']))})"
    )
    return f"{key}: {message[0].lower()}{message[1:]}{given}"


def _cut(text: str) -> str:
    return one_line(text, _MAX_VALUE)


def _suggestion(location: Location, root: type[BaseModel]) -> str:
    """Returns the key that was probably meant, or all keys of that section, in brackets."""
    section = _section(location[:-1], root)
    if section is None:
        return ""
    close = difflib.get_close_matches(str(location[-1]), section.model_fields, n=1)
    return f" (did you mean {close[0]}?)" if close else f" (known: {', '.join(section.model_fields)})"


def _section(location: Location, root: type[BaseModel]) -> type[BaseModel] | None:
    """Returns the settings class at a path of keys; None for a map or a choice of types."""
    section: type[BaseModel] = root
    for key in location:
        if isinstance(key, int):  # the class of a list's items was entered with the list
            continue
        field = section.model_fields.get(key)
        annotation = field.annotation if field else None
        candidates = [kind for kind in (annotation, *get_args(annotation)) if _is_section(kind)]
        if len(candidates) != 1:
            return None
        (section,) = candidates
    return section


def _is_section(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
