"""The registry of kinds. A new kind is one function with a decorator and one sentence, in a module of this package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.benchmarks.support.pair_sets import Images

FAULT = "fault"
VARIATION = "variation"

Other = Callable[[], Images]
"""Loads the next pair of the set that shows another scene."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """The true pair on which a kind is drawn.

    Attributes:
        images: Input and target, uint8 RGB [H, W, 3].
        rng: Source of chance, the same in every run for one pair, kind and strength.
        other: Loads the next pair of the set that shows another scene.
    """

    images: Images
    rng: np.random.Generator
    other: Other

    def sign(self) -> int:
        """Draws -1 or 1."""
        return 1 if self.rng.random() < 0.5 else -1

    def draw(self, low: float, high: float) -> float:
        """Draws a number evenly from [low, high)."""
        return low + (high - low) * float(self.rng.random())

    def choose(self, count: int) -> int:
        """Draws a whole number from 0 to count - 1."""
        return min(count - 1, int(self.rng.random() * count))


Draw = Callable[[Canvas, float], Images]
"""Draws a kind at a strength on a true pair: (canvas, strength) -> input and target."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault or of valid variation.

    Attributes:
        name: Its name.
        is_fault: Whether a pair with it must be quarantined; otherwise it must pass.
        sentence: What it is, in one sentence.
        draw: Draws it.
        unit: Unit of the strengths.
        strengths: Strengths that count in the totals.
        graded: Further strengths that are reported only: too weak to be an error, or debatable.
        codes: Codes that name a fault rightly; for a variation the codes that count as a false alarm, empty for all but those
            that compare pairs.
        share: Share of the pairs of a set that carry it; the others are as published.
        keeps_original: Whether the true pair lies in the set as well, beside the drawn one.
        displacement: Largest displacement between input and target in pixels at a strength; None where it has none, or where it
            depends on the size of the picture.
    """

    name: str
    is_fault: bool
    sentence: str
    draw: Draw
    unit: str
    strengths: tuple[float, ...]
    graded: tuple[float, ...]
    codes: frozenset[str]
    share: float
    keeps_original: bool
    displacement: Callable[[float], float] | None

    @property
    def all_strengths(self) -> tuple[float, ...]:
        """All strengths, in rising order."""
        return tuple(sorted(self.strengths + self.graded))


_KINDS: dict[str, Kind] = {}


def fault(
    name: str,
    unit: str,
    strengths: tuple[float, ...],
    *codes: str,
    graded: tuple[float, ...] = (),
    share: float = 1.0,
    keeps_original: bool = False,
    displacement: Callable[[float], float] | None = None,
) -> Callable[[Draw], Draw]:
    """Registers a kind of fault; the sentence is the first line of the function's docstring.

    Args:
        name: Name of the kind.
        unit: Unit of the strengths; empty for a kind of one strength.
        strengths: Strengths that count in the totals.
        *codes: Reason codes that name it rightly.
        graded: Strengths that are reported only.
        share: Share of the pairs of a set that carry it.
        keeps_original: Whether the true pair lies in the set as well.
        displacement: Largest displacement in pixels at a strength.

    Returns:
        A decorator that returns the function as it is.
    """

    def register(draw: Draw) -> Draw:
        _add(
            Kind(
                name,
                True,
                _sentence(draw),
                draw,
                unit,
                strengths,
                graded,
                frozenset(codes),
                share,
                keeps_original,
                displacement,
            )
        )
        return draw

    return register


def variation(
    name: str,
    unit: str,
    strengths: tuple[float, ...],
    *codes: str,
    graded: tuple[float, ...] = (),
    keeps_original: bool = False,
) -> Callable[[Draw], Draw]:
    """Registers a kind of valid variation; the arguments are those of `fault`.

    Args:
        name: Name of the kind.
        unit: Unit of the strengths; empty for a kind of one strength.
        strengths: Strengths that count in the totals.
        *codes: Reason codes that count as false alarms; none: all but those that compare pairs.
        graded: Strengths that are reported only.
        keeps_original: Whether the true pair lies in the set as well.

    Returns:
        A decorator that returns the function as it is.
    """

    def register(draw: Draw) -> Draw:
        _add(
            Kind(
                name,
                False,
                _sentence(draw),
                draw,
                unit,
                strengths,
                graded,
                frozenset(codes),
                1.0,
                keeps_original,
                None,
            )
        )
        return draw

    return register


def kinds() -> tuple[Kind, ...]:
    """Returns all kinds, in the order in which they were registered."""
    return tuple(_KINDS.values())


def faults() -> tuple[Kind, ...]:
    """Returns the kinds of faults."""
    return tuple(kind for kind in kinds() if kind.is_fault)


def variations() -> tuple[Kind, ...]:
    """Returns the kinds of valid variation."""
    return tuple(kind for kind in kinds() if not kind.is_fault)


def _sentence(draw: Draw) -> str:
    return (draw.__doc__ or "").strip().split("\n")[0]


def _add(kind: Kind) -> None:
    if kind.name in _KINDS:
        raise ValueError(f"kind {kind.name!r} is registered twice")
    _KINDS[kind.name] = kind
