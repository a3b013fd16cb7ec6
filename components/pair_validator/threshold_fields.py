"""Fields of settings that are numbers with a unit and a reason."""

from __future__ import annotations

from pydantic import Field

from data.strict_model import MAX_COUNT


def number(default: float, unit: str, reason: str, minimum: float = 0.0) -> float:
    """Returns the field of a number.

    Args:
        default: Its default.
        unit: Its unit.
        reason: What it bounds, and why the default is what it is.
        minimum: Least value that is accepted.
    """
    field: float = Field(default, ge=minimum, description=f"[{unit}] {reason}", json_schema_extra={"unit": unit})
    return field


def count(default: int, unit: str, reason: str, maximum: int = MAX_COUNT) -> int:
    """Returns the field of a whole number of at least 1.

    Args:
        default: Its default.
        unit: Its unit.
        reason: What it bounds, and why the default is what it is.
        maximum: Largest value that is accepted.
    """
    field: int = Field(default, ge=1, le=maximum, description=f"[{unit}] {reason}", json_schema_extra={"unit": unit})
    return field


def whole(default: int, unit: str, reason: str, maximum: int = MAX_COUNT) -> int:
    """Returns the field of a whole number, 0 or more.

    Args:
        default: Its default.
        unit: Its unit.
        reason: What it bounds, and why the default is what it is.
        maximum: Largest value that is accepted.
    """
    field: int = Field(default, ge=0, le=maximum, description=f"[{unit}] {reason}", json_schema_extra={"unit": unit})
    return field
