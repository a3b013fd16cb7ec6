"""Bounds on how a restored image may differ from its input; beyond them it is odd: hardly a restoration of that input."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.errors import InputError
from data.image.plausibility import Plausibility

Range = tuple[float, float]
"""Least and largest value; infinite where there is none."""

DEFAULTS: Mapping[str, Range] = {
    "change": (-math.inf, 110.0),
    "brightness": (-110.0, 60.0),
    "colour": (-math.inf, 35.0),
    "clipped": (-math.inf, 0.1),
    "detail": (0.15, 2.5),
    "seams": (-math.inf, 1.5),
    "edges": (0.15, math.inf),
}
"""Ranges that hold every target of 245 published pairs (rain, drops, haze) against its input, with a margin: what a perfect
model could answer. They are wide, because heavy rain and dense haze change a picture much; narrow them for your images."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The ranges in use.

    Attributes:
        ranges: Range by name of the measure.
    """

    ranges: Mapping[str, Range]

    def broken(self, measures: Plausibility) -> list[str]:
        """Returns the names of the measures that lie outside of their ranges; a value that is not a number does.

        Args:
            measures: Measures of a restored image.
        """
        return [name for name, (low, high) in self.ranges.items() if not low <= float(getattr(measures, name)) <= high]


def bounds_from(changes: Sequence[str]) -> Bounds:
    """Returns the default bounds with some changed.

    Args:
        changes: Each NAME=LOW:HIGH, where LOW or HIGH may be left out.

    Raises:
        InputError: A change has another form, or names no measure.

    Example:
        >>> bounds_from(["edges=0.5:", "detail=0.5:1.5"]).ranges["detail"]
        (0.5, 1.5)
    """
    ranges = dict(DEFAULTS)
    for change in changes:
        name, _, text = change.partition("=")
        low, colon, high = text.partition(":")
        if name not in DEFAULTS:
            raise InputError(f"--bound {change}: no measure {name!r}; the measures are: {', '.join(DEFAULTS)}")
        try:
            given = (float(low) if low else -math.inf, float(high) if high else math.inf)
        except ValueError:
            given = (math.nan, math.nan)
        if not colon or not given[0] <= given[1]:
            raise InputError(f"--bound {change}: give NAME=LOW:HIGH, such as {name}=0.5:1.5, one of them may be empty")
        ranges[name] = given
    return Bounds(ranges)
