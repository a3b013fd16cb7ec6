"""Explains the options of a configuration as lines of text, and compares two configurations."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from data.errors import InputError
from pipeline.config_reading.listing import Option, as_text, sections, value_of

_WIDTH = 100
_INDENT = "    "
_ABSENT = "not there"


def explained(model: type[BaseModel], tree: Mapping[str, Any], key: str = "") -> Iterator[str]:
    """Yields the options that a key names: the current value, the default, and what it sets.

    Args:
        model: The class of the configuration.
        tree: The resolved configuration as plain JSON values.
        key: An option or a section; empty: all.

    Raises:
        InputError: There is no such key.
    """
    for option in _options(model, key):
        yield f"{option.key}: {_current(option, tree)}"
        text = f"{option.kind()}. {option.meaning}"
        if option.old_names:
            text += f" Old name: {', '.join(option.old_names)}."
        yield from textwrap.wrap(
            text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False
        )


def option_values(model: type[BaseModel], tree: Mapping[str, Any], key: str = "") -> Iterator[dict[str, Any]]:
    """Yields the options that a key names, as plain values.

    Args:
        model: The class of the configuration.
        tree: The resolved configuration as plain JSON values.
        key: An option or a section; empty: all.

    Yields:
        `key`, `value` (a list for an option of each item of a list), `default` as the documentation writes it, `type`,
        `meaning` and `old_names`.

    Raises:
        InputError: There is no such key.
    """
    for option in _options(model, key):
        yield {
            "key": option.key,
            "value": value_of(tree, option.key),
            "default": option.default,
            "type": option.kind(),
            "meaning": option.meaning,
            "old_names": list(option.old_names),
        }


def differences(tree: Mapping[str, Any], other: Mapping[str, Any], name: str, key: str = "") -> Iterator[str]:
    """Yields a line for each value that differs from that of another configuration; one line that says so if none does.

    Args:
        tree: The resolved configuration as plain JSON values.
        other: The other one.
        name: What the other one is called.
        key: An option or a section; empty: all.
    """
    found = False
    for each in different_values(tree, other, key):
        found = True
        before, now = (as_text(each.get(side, _ABSENT)) for side in ("before", "now"))
        yield f"{each['key']}: {before} in {name}, {now} now"
    if not found:
        yield f"no difference from {name}"


def different_values(tree: Mapping[str, Any], other: Mapping[str, Any], key: str = "") -> Iterator[dict[str, Any]]:
    """Yields each value that differs from that of another configuration.

    Args:
        tree: The resolved configuration as plain JSON values.
        other: The other one.
        key: An option or a section; empty: all.

    Yields:
        `key`, `before` (the other's value) and `now`; without the value of a configuration that does not have the key.
    """
    ours, theirs = dict(flat(tree)), dict(flat(other))
    for each in ours | theirs:
        values = {side: part[each] for side, part in (("before", theirs), ("now", ours)) if each in part}
        if _is_at(each, key) and ("before" not in values or "now" not in values or values["before"] != values["now"]):
            yield {"key": each, **values}


def flat(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yields the values below a tree by their whole keys; a list is one value.

    Args:
        tree: A configuration as plain JSON values.
        path: Beginning of every key, such as `train.`.
    """
    for name, value in tree.items():
        key = f"{path}{name}"
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{key}.")
        else:
            yield key, value


def _options(model: type[BaseModel], key: str) -> list[Option]:
    options = [option for section in sections(model) for option in section.options]
    chosen = [option for option in options if _is_at(option.key, key)]
    if not chosen:
        known = {option.key for option in options}
        known |= {key.rsplit(".", depth)[0] for key in known for depth in range(1, key.count(".") + 1)}
        close = difflib.get_close_matches(key, sorted(known), n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else "`ast-restore config` lists all"
        raise InputError(f"{key}: no such option or section; {hint}")
    return chosen


def _is_at(key: str, asked: str) -> bool:
    """Returns whether a key is the one that was asked for, or below it; `[]` need not be given."""
    plain, wanted = (name.replace("[]", "") for name in (key, asked))
    return not wanted or plain == wanted or plain.startswith(f"{wanted}.")


def _current(option: Option, tree: Mapping[str, Any]) -> str:
    value = as_text(value_of(tree, option.key))
    if "[]" in option.key or ".NAME" in option.key:
        return f"{value} (each item's)"
    return f"{value} (the default)" if value == option.default else f"{value} (default: {option.default})"
