"""The base of every settings section and of every stored fact: unknown keys are errors, values never change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from data.renamed import warn_renamed


def _finite_or_none(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


FiniteOrNone = Annotated[float | None, BeforeValidator(_finite_or_none)]
"""A figure; None where it is NaN or infinite, because JSON has neither."""


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
        accepted = {key: value for key, value in values.items() if key not in cls.model_computed_fields}
        for old, new in cls.renamed.items():
            if old in accepted and old not in cls.model_fields:
                if new in accepted:
                    raise ValueError(f"{old} is the old name of {new}: give one of them")
                warn_renamed(old, new)
                accepted[new] = accepted.pop(old)
        return accepted
