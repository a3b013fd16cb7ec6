"""Writes SVG elements, and maps values to positions in a drawing.

A drawing holds no colours: each shape has a class, to which the style sheet gives the colour of the light or dark theme.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from pipeline.report.wording import MINUS, NARROW_SPACE


def tag(name: str, content: str | Markup = "", **attributes: str | float | None) -> Markup:
    """Returns one element; text and attribute values are escaped, `Markup` is not.

    Args:
        name: The element's name.
        content: Its text, or the elements in it.
        **attributes: Its attributes: `class_` becomes "class", other underscores hyphens; None omits an attribute.
    """
    parts = [
        f' {key.rstrip("_").replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    ]
    return Markup(f"<{name}{''.join(parts)}>{escape(content)}</{name}>")


def _short(value: str | float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def drawing(width: float, height: float, title: str, parts: Iterable[Markup], class_: str = "chart") -> Markup:
    """Returns an SVG image of `width` x `height` units; screen readers announce its title."""
    return tag(
        "svg",
        Markup("").join([tag("title", title), *parts]),
        class_=class_,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=title,
    )


def text(x: float, y: float, content: str, class_: str = "tick", anchor: str = "start") -> Markup:
    """Returns a line of text; `anchor` says whether (x, y) is the "start", "middle" or "end" of its baseline."""
    return tag("text", content, x=x, y=y, class_=class_, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Returns a straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def polyline(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    """Returns an open line through the points."""
    return tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_=class_)


def dot(x: float, y: float, radius: float, class_: str, title: str | None = None) -> Markup:
    """Returns a dot; its title, if any, appears under the pointer."""
    return tag("circle", tag("title", title) if title else "", cx=x, cy=y, r=radius, class_=class_)


@dataclass(frozen=True)
class Scale:
    """Maps values to positions along one axis of the drawing.

    Attributes:
        low: The value at `start`.
        high: The value at `end`.
        start: Position of `low`; smaller than `end` for x, larger for y.
        end: Position of `high`.
        log: Whether the scale is logarithmic; `low` and `high` are positive then.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Returns the position of a value in the drawing."""
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = math.log10(low), math.log10(high), math.log10(value)
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    def ticks(self, about: int = 5) -> list[float]:
        """Returns round values within the scale, about as many as `about`."""
        if self.log:
            marks = log_ticks(self.low, self.high)
            if len(marks) >= 2:
                return marks
        step = round_step((self.high - self.low) / max(1, about))
        first = math.ceil(self.low / step - 1e-9)
        return [index * step for index in range(first, math.floor(self.high / step + 1e-9) + 1)]


def round_step(rough: float) -> float:
    """Returns the step nearest to `rough` that is 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return min((factor * power for factor in (1, 2, 5, 10)), key=lambda step: abs(math.log(step / rough)))


def log_ticks(low: float, high: float) -> list[float]:
    """Returns the powers of ten from `low` to `high`; where they are few, also 2 and 5 times each."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1,) if len(powers) > 4 else (1, 2, 5)
    return [factor * 10.0**power for power in powers for factor in factors if low <= factor * 10.0**power <= high]


def extent(values: Sequence[float], below: float = 0.06, above: float = 0.06) -> tuple[float, float]:
    """Returns bounds around the values, with room on both sides (shares of their range)."""
    low, high = min(values), max(values)
    room = (high - low) or abs(high) * 0.1 or 1.0
    return low - room * below, high + room * above


def tick_labels(values: Sequence[float]) -> list[str]:
    """Returns one label a tick, all with as many decimals as the smallest distance between two needs."""
    distance = min((abs(b - a) for a, b in pairwise(values)), default=abs(values[0]) if values else 1.0) or 1.0
    decimals = max(0, -math.floor(math.log10(distance) + 1e-9))
    return [f"{value:,.{decimals}f}".replace(",", NARROW_SPACE).replace("-", MINUS) for value in values]
