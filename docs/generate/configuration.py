"""Makes docs/configuration.md from the pydantic fields of `pipeline.config.Config`."""

from __future__ import annotations

import inspect
import json
import re
import types
import typing
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from data.strict_model import StrictModel
from docs.generate.markdown import GENERATED, bounds, code, code_name, table
from pipeline.config import Config

_INTRODUCTION = """
# Configuration

One YAML file describes one experiment. `ast-restore run --config FILE` reads it; `FILE` is a path or one of the shipped
names `demo` (the default), `real`, `recipe` and `did_mdn` in `pipeline/configs/`. `--set key.path=value` replaces one
value, and the value is YAML: `--set train.seed=2`, `--set "train.loss={charbonnier: 1.0}"`. Unknown keys are errors. The
resolved configuration is stored beside what a run produced (`config.yaml` in the run's folder).

The defaults below are those of the code; a shipped file replaces some of them. A renamed key works under its old name for
one release, with one line that gives the new name.
"""
_HEADER = ("key", "type", "default", "meaning")
_NAMES = {str: "text", int: "integer", float: "number", bool: "true / false"}


def page() -> str:
    """Returns the page: one section for each model of the configuration, one row for each value."""
    return GENERATED + _INTRODUCTION + "".join(_sections("", Config, level=2))


def _sections(path: str, model: type[BaseModel], level: int) -> Iterator[str]:
    """Yields a section for a model and then for each model below it."""
    values = {name: field for name, field in model.model_fields.items() if not _models_in(field.annotation)}
    title = path or "Top level"
    yield f"\n{'#' * min(level, 3)} {title}\n\n{inspect.getdoc(model)}\n"
    if renamed := _renamed_sections(path, model):
        yield f"\n{renamed}\n"
    if values:
        yield "\n" + table(_HEADER, [_row(path, model, name, field) for name, field in values.items()])
    for name, field in model.model_fields.items():
        for below in _models_in(field.annotation):
            yield from _sections(_join(path, name) + _repeated(field.annotation), below, level + 1)


def _row(path: str, model: type[BaseModel], name: str, field: FieldInfo) -> tuple[str, ...]:
    unit, meaning = _unit(field)
    kind = ", ".join(filter(None, (_kind(field.annotation), _range(field), unit)))
    olds = [_join(path, old) for old, new in _renames(model).items() if new == name]
    was = f" Old name: {', '.join(map(code, olds))}." if olds else ""
    return code_name(_join(path, name)), kind, _default(field), meaning + was


def _renamed_sections(path: str, model: type[BaseModel]) -> str:
    renames = [(old, new) for old, new in _renames(model).items() if _models_in(model.model_fields[new].annotation)]
    return " ".join(f"Old name of `{_join(path, new)}`: `{_join(path, old)}`." for old, new in renames)


def _renames(model: type[BaseModel]) -> dict[str, str]:
    return dict(model.renamed) if issubclass(model, StrictModel) else {}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _unit(field: FieldInfo) -> tuple[str, str]:
    """Returns the unit and the description without it."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    matched = re.match(r"\[([^\]]*)\] ", field.description or "")
    unit = str(extra.get("unit") or (matched.group(1) if matched else ""))
    return ("" if unit == "name" else unit), (field.description or "")[matched.end() if matched else 0 :]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """Returns the pydantic models that a type names: itself, or those in a tuple, a dict or an optional."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in _models_in(part)]


def _repeated(annotation: Any) -> str:
    origin = typing.get_origin(annotation)
    return {dict: ".NAME", tuple: "[]", list: "[]"}.get(typing.cast(Any, origin), "")


def _kind(annotation: Any) -> str:
    """Returns a type in words."""
    if annotation in _NAMES:
        return _NAMES[annotation]
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _kind(parts[0])
    if origin is typing.Literal:
        return ", ".join(code(str(value)) for value in parts)
    if origin in (typing.Union, types.UnionType):
        return " or ".join("null" if part is type(None) else _kind(part) for part in parts)
    if origin is dict:
        return f"map of {_kind(parts[0])} to {_kind(parts[1])}"
    if origin is tuple and Ellipsis not in parts:
        return f"list of {len(parts)} × {_kind(parts[0])}"
    if origin in (list, tuple):
        return f"list of {_kind(parts[0])}"
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
    return bounds(low, high, "gt" in limits, "lt" in limits)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, PurePath):
        value = str(value)
    return code(value if isinstance(value, str) and value else json.dumps(value, default=str))
