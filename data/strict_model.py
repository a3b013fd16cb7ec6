"""The base of every settings section and of every stored fact: unknown keys are errors, values never change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from data.renamed import warn_renamed


def _finite_or_none(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


FiniteOrNone = Annotated[float | None, BeforeValidator(_finite_or_none)]
"""A figure; None where it is NaN or infinite, because JSON has neither."""


MAX_COUNT = 1_000_000_000
"""Largest whole number of a setting that has no lower limit of its own: TensorFlow, OpenCV and protobuf hold it in 32 bits, and
anything larger is a slip of the hand."""

MAX_SIDE = 65_535
"""Longest side of an image in pixels: the longest that a JPEG can have."""

Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]
"""A setting that is a number of things, 0 or more."""

PositiveCount = Annotated[int, Field(ge=1, le=MAX_COUNT)]
"""A setting that is a number of things, at least 1."""

BatchSize = Annotated[int, Field(ge=1, le=65_536)]
"""A setting that is a number of images at a time: 65,536 pairs of 64-pixel patches take 6 GiB, before any feature map."""

Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A setting that is a seed, as every library takes it."""


VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=200)]
"""A setting that names an environment variable; whoever writes the secret itself there is told so, and it is not repeated."""


class StrictModel(BaseModel):
    """A frozen pydantic model that refuses keys it does not know.

    Computed fields are written with the others; on reading they are skipped, because the others determine them.

    Attributes:
        renamed: Old key by new key. An old key is accepted for one release, with a `RenamedWarning`; giving both is an error.

    Example:
        >>> class Guard(StrictModel):
        ...     renamed = {"bad_steps": "max_nonfinite_steps"}
        ...     max_nonfinite_steps: int = 3
        >>> Guard(max_nonfinite_steps=5)
        Guard(max_nonfinite_steps=5)
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    renamed: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _accept_renamed_keys(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        stored = {key: value for key, value in values.items() if key not in cls.model_computed_fields}
        return _with_new_names(cls, stored)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_truth_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        # Pydantic takes true for 1: `rain: yes` would be all patches.
        if not _takes_truth(cls, str(info.field_name)) and _has_truth(value):
            raise ValueError(
                "yes, no, true and false are no numbers, nor texts without quotation marks; write what is meant"
            )
        return value


@cache
def _takes_truth(section: type[BaseModel], field: str) -> bool:
    """Returns whether a field may be or hold true or false, or sections, which are checked field by field."""

    def takes(annotation: Any) -> bool:
        is_section = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        return annotation in (bool, Any, object) or is_section or any(map(takes, get_args(annotation)))

    return takes(section.model_fields[field].annotation)


def _has_truth(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_truth, value.values()))
    return any(map(_has_truth, value)) if isinstance(value, list | tuple) else isinstance(value, bool)


def rename_keys(section: type[BaseModel], tree: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Returns a tree of settings with every old key under its new name; warns of each with its whole path.

    Args:
        section: The settings class at the root of the tree.
        tree: Values by key; sections are mappings.
        path: The root's own path, such as `train.`; empty for the root of a configuration.

    Raises:
        ValueError: A value stands under its old name and its new one.
    """
    renamed = _with_new_names(section, tree, path) if issubclass(section, StrictModel) else dict(tree)
    for key, value in renamed.items():
        field = section.model_fields.get(key)
        below = field.annotation if field else None
        if isinstance(value, Mapping) and isinstance(below, type) and issubclass(below, BaseModel):
            renamed[key] = rename_keys(below, value, f"{path}{key}.")
    return renamed


def _with_new_names(section: type[StrictModel], values: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    renamed = dict(values)
    for old, new in section.renamed.items():
        if old in renamed and old not in section.model_fields:
            if new in renamed:
                raise ValueError(f"{path}{old} is the old name of {path}{new}: give one of them")
            warn_renamed(f"{path}{old}", f"{path}{new}")
            renamed[new] = renamed.pop(old)
    return renamed
