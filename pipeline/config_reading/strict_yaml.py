"""Reads YAML that a person wrote: no surprising types, no repeated keys, and budgets for what a file may cost.

YAML 1.1 reads `010` as 8, `1:30` as 90 and `2001-99-99` as an impossible date, takes the last of two equal keys, lets nine
lines of aliases stand for a billion values, and a tag such as `!!bool` call a reader that takes for granted what it reads. Each
of these is refused with its line, or is the text that it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator

import yaml

from data.plain_text import one_line

MAX_CHARACTERS = 200_000
MAX_DEPTH = 32
MAX_VALUES = 20_000
"""Budget of values, those counted once more that an alias repeats."""
MAX_DIGITS = 40

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_STANDARD = "tag:yaml.org,2002:"
_INT, _FLOAT, _TIMESTAMP, _MERGE = (_STANDARD + name for name in ("int", "float", "timestamp", "merge"))
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")

Tree = dict[str, "Tree"] | list["Tree"] | str | int | float | bool | None
"""A value of a YAML file."""


class StrictYamlError(ValueError):
    """The text is not YAML that is accepted. The message is one line and gives the line of the fault."""


class _Loader(yaml.SafeLoader):
    """YAML's safe loader without dates, with checks of keys and numbers."""

    # Dates are texts: no setting is a date, and an impossible one must not raise.
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _number(loader: _Loader, node: yaml.ScalarNode) -> int | float:
    text = node.value
    if len(text) > MAX_DIGITS:
        raise _at(node, f"a number of {len(text)} characters; at most {MAX_DIGITS} are read")
    if ":" in text:
        raise _at(node, f'{text} would be a number to the base of 60; write "{text}" in quotation marks for a text')
    if node.tag == _INT and _LEADING_ZERO.fullmatch(text):
        raise _at(node, f"{text} would be an octal number; write it without the leading zero, or in quotation marks")
    construct = yaml.SafeLoader.construct_yaml_int if node.tag == _INT else yaml.SafeLoader.construct_yaml_float
    return construct(loader, node)


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    value = str(loader.construct_scalar(node))
    if _CONTROL.search(value):
        raise _at(node, f"{ascii(value[:40])} has a control character, which no setting may have")
    return value


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Iterator[dict[Hashable, object]]:
    seen: dict[Hashable, yaml.Node] = {}
    for key_node, _ in node.value:
        if key_node.tag == _MERGE:  # `<<: *base`, whose keys may be replaced
            continue
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise _at(key_node, "a key must be a single value")
        if key in seen:
            raise _at(key_node, f"key {key} stands in line {seen[key].start_mark.line + 1} already; join the two")
        seen[key] = key_node
    yield from yaml.SafeLoader.construct_yaml_map(loader, node)


for _tag, _construct in ((_INT, _number), (_FLOAT, _number), ("tag:yaml.org,2002:str", _text)):
    _Loader.add_constructor(_tag, _construct)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def read(text: str) -> Tree:
    """Reads a YAML document.

    Args:
        text: The document.

    Returns:
        Its value; None where it is empty.

    Raises:
        StrictYamlError: It is not YAML, is larger or deeper than any configuration, repeats a key, or has a value that YAML
            reads as something else than it looks like.
    """
    if len(text) > MAX_CHARACTERS:
        raise StrictYamlError(f"{len(text)} characters; at most {MAX_CHARACTERS} are read")
    try:
        _check_events(text)
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _check_size(node)
        value: Tree = loader.construct_document(node)
        return value
    except yaml.YAMLError as error:
        raise StrictYamlError(_one_line(error)) from error
    except (ValueError, OverflowError) as error:
        if isinstance(error, StrictYamlError):
            raise
        raise StrictYamlError(f"a value cannot be read: {one_line(error, 120)}") from error


def _check_events(text: str) -> None:
    """Refuses tags, and what is nested too deeply or too long, before anything recursive reads it."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if count > 2 * MAX_VALUES:
            raise _at(event, f"more than {MAX_VALUES} values")
        if tag := getattr(event, "tag", None):
            short = one_line(tag.replace(_STANDARD, "!!"), 40)
            raise _at(event, f"the tag {short}: no setting has one; write the value alone, or in quotation marks")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _at(event, f"nested more than {MAX_DEPTH} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _check_size(root: yaml.Node) -> None:
    """Refuses aliases that contain themselves, and more values than the budget, each alias counted in full."""
    sizes: dict[int, int] = {}
    within: set[int] = set()

    def size(node: yaml.Node) -> int:
        if isinstance(node, yaml.ScalarNode):
            return 1
        if id(node) in within:
            raise _at(node, "an alias contains itself")
        if id(node) not in sizes:
            within.add(id(node))
            below = (part for entry in node.value for part in (entry if isinstance(entry, tuple) else (entry,)))
            sizes[id(node)] = 1 + sum(map(size, below))
            within.discard(id(node))
        return sizes[id(node)]

    if size(root) > MAX_VALUES:
        raise StrictYamlError(f"more than {MAX_VALUES} values, with those that aliases repeat")


def _at(where: yaml.Node | yaml.Event, problem: str) -> StrictYamlError:
    mark = where.start_mark
    return StrictYamlError(f"line {mark.line + 1}: {problem}" if mark else problem)


def _one_line(error: yaml.YAMLError) -> str:
    """Returns PyYAML's error in one short line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem or error.context}"[:200]
    return one_line(error)
