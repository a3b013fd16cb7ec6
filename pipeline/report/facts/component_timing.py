"""Time and memory of the components of a run."""

from __future__ import annotations

from typing import Literal

from data.strict_model import FiniteOrNone, StrictModel

ComponentState = Literal["ran", "cached", "failed", "not reached"]


class ComponentTiming(StrictModel):
    """Time and memory of one component; None where it was not reached or not measured.

    Attributes:
        name: The component.
        seconds: Time from its start to its end.
        state: How it ended.
        memory: Largest resident memory of the run's process and its children while it ran, bytes.
        memory_before: Their resident memory when it started, left by earlier components, bytes.
    """

    name: str
    seconds: FiniteOrNone = None
    state: ComponentState
    memory: int | None = None
    memory_before: int | None = None
