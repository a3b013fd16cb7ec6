"""Every option of the configuration, from the pydantic fields: its type in words, range, unit, default and meaning."""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from data.strict_model import MAX_COUNT, StrictModel

_NAMES = {str: "text", int: "integer", float: "number", bool: "true / false"}
_REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Section:
    """A model of the configuration.

    Attributes:
        path: Its key, such as `train.ema`; `[]` stands for an item of a list, `NAME` for a key of a map; empty at the root.
        model: The model.
        options: Its own values; what its sections hold is theirs.
    """

    path: str
    model: type[BaseModel]
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One value of the configuration.

    Attributes:
        key: Its whole key, such as `train.stages[].patch`.
        annotation: Its type.
        limits: Its range in signs, such as `≥ 1`; may be empty.
        unit: Its unit; may be empty.
        default: Its default as text, or `required`.
        meaning: What it sets, and why the default is what it is.
        old_names: Whole keys under which it still works.
    """

    key: str
    annotation: Any
    limits: str
    unit: str
    default: str
    meaning: str
    old_names: tuple[str, ...]

    def kind(self, quoted: Callable[[str], str] = str) -> str:
        """Returns its type, range and unit in words.

        Args:
            quoted: Marks a value that is meant literally.
        """
        return ", ".join(filter(None, (_kind(self.annotation, quoted), self.limits, self.unit)))


def sections(model: type[BaseModel], path: str = "") -> Iterator[Section]:
    """Yields a model and then each model below it, in the order of their fields.

    Args:
        model: The model.
        path: Its key.
    """
    plain = {name: field for name, field in model.model_fields.items() if not models_in(field.annotation)}
    yield Section(path, model, tuple(_option(path, model, name, field) for name, field in plain.items()))
    for name, field in model.model_fields.items():
        for below in models_in(field.annotation):
            yield from sections(below, join(path, name) + _repeated(field.annotation))


def join(path: str, name: str) -> str:
    """Returns the key of a field of a section."""
    return f"{path}.{name}" if path else name


def renames(model: type[BaseModel]) -> dict[str, str]:
    """Returns a model's new names by its old ones."""
    return dict(model.renamed) if issubclass(model, StrictModel) else {}


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Returns the pydantic models that a type names: itself, or those in a tuple, a dict or an optional."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in models_in(part)]


def value_of(tree: Any, key: str) -> Any:
    """Returns the value of an option: for an item of a list or a map, the values of all items.

    Args:
        tree: The resolved configuration as plain JSON values.
        key: The option's key.

    >>> value_of({"train": {"stages": [{"patch": 64}, {"patch": 96}]}}, "train.stages[].patch")
    [64, 96]
    """
    name, _, rest = key.partition(".")
    if name == "NAME":
        return {each: value_of(below, rest) for each, below in tree.items()} if rest else tree
    below = tree[name.removesuffix("[]")]
    if name.endswith("[]"):
        return [value_of(item, rest) for item in below]
    return value_of(below, rest) if rest and below is not None else below


def as_text(value: Any) -> str:
    """Returns a value as the configuration's file would have it: text bare, the rest as JSON, which is YAML too."""
    if isinstance(value, PurePath):
        value = str(value)
    return value if isinstance(value, str) and value else json.dumps(value, default=str, ensure_ascii=False)


def bounds(low: object, high: object, is_low_open: bool = False, is_high_open: bool = False) -> str:
    """Returns the range of a number in signs, such as `≥ 1` or `0 to 1`.

    Args:
        low: Smallest value, or None.
        high: Largest value, or None.
        is_low_open: Whether the smallest value itself is excluded.
        is_high_open: Whether the largest value itself is excluded.
    """
    if low is not None and high is not None and not is_low_open and not is_high_open:
        return f"{low} to {high}"
    lower = "" if low is None else f"{'>' if is_low_open else '≥'}\N{NO-BREAK SPACE}{low}"
    upper = "" if high is None else f"{'<' if is_high_open else '≤'}\N{NO-BREAK SPACE}{high}"
    return ", ".join(filter(None, (lower, upper)))


def _option(path: str, model: type[BaseModel], name: str, field: FieldInfo) -> Option:
    unit, meaning = _unit(field)
    return Option(
        key=join(path, name),
        annotation=field.annotation,
        limits=_range(field),
        unit=unit,
        default=_REQUIRED if field.is_required() else as_text(field.get_default(call_default_factory=True)),
        meaning=meaning,
        old_names=tuple(join(path, old) for old, new in renames(model).items() if new == name),
    )


def _unit(field: FieldInfo) -> tuple[str, str]:
    """Returns the unit and the description without it."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    matched = re.match(r"\[([^\]]*)\] ", field.description or "")
    unit = str(extra.get("unit") or (matched.group(1) if matched else ""))
    return ("" if unit == "name" else unit), (field.description or "")[matched.end() if matched else 0 :]


def _repeated(annotation: Any) -> str:
    origin = typing.get_origin(annotation)
    return {dict: ".NAME", tuple: "[]", list: "[]"}.get(typing.cast(Any, origin), "")


def _kind(annotation: Any, quoted: Callable[[str], str]) -> str:
    """Returns a type in words."""
    if annotation in _NAMES:
        return _NAMES[annotation]
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _kind(parts[0], quoted)
    if origin is typing.Literal:
        return ", ".join(quoted(str(value)) for value in parts)
    if origin in (typing.Union, types.UnionType):
        return " or ".join("null" if part is type(None) else _kind(part, quoted) for part in parts)
    if origin is dict:
        return f"map of {_kind(parts[0], quoted)} to {_kind(parts[1], quoted)}"
    if origin is tuple and Ellipsis not in parts:
        return f"list of {len(parts)} × {_kind(parts[0], quoted)}"
    if origin in (list, tuple):
        return f"list of {_kind(parts[0], quoted)}"
    return "path" if isinstance(annotation, type) and issubclass(annotation, PurePath) else str(annotation)


def _range(field: FieldInfo) -> str:
    limits: dict[str, Any] = {}
    for constraint in field.metadata:
        for name, kind in (("ge", annotated_types.Ge), ("gt", annotated_types.Gt), ("le", annotated_types.Le)):
            if isinstance(constraint, kind):
                limits[name] = getattr(constraint, name)
        if isinstance(constraint, annotated_types.Lt):
            limits["lt"] = constraint.lt
    low, high = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    if high == MAX_COUNT:  # a guard against a slip of the hand tells nobody what to choose
        high = None
    return bounds(low, high, "gt" in limits, "lt" in limits)
