"""The charts of the page: recall by displacement, and recall against false alarms."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from pipeline.benchmarks.pair_faults.kinds import kinds
from pipeline.benchmarks.pair_faults.rates import FOUND, Row
from pipeline.benchmarks.pair_faults.roc import Curve
from pipeline.report.page import svg

_WIDTH, _HEIGHT = 600.0, 340.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 20.0, 22.0, 44.0
_LEAST_ALARMS = 0.02
"""The axis of false alarms reaches at least this far, and three times as far as the shipped threshold."""


def displacement_chart(rows: Sequence[Row], names: Sequence[str]) -> Markup:
    """Draws the recall of kinds that displace over the size of the displacement, logarithmic.

    Args:
        rows: Pooled rows.
        names: The kinds, one line each; at most four.
    """
    x = svg.Scale(0.1, 32.0, _LEFT, _WIDTH - _RIGHT, log=True)
    y = svg.Scale(0.0, 1.0, _HEIGHT - _BOTTOM, _TOP)
    parts = _frame(x, y, "displacement, px", "recall", [0.1, 0.2, 0.5, 1, 2, 5, 10, 20])
    parts.append(svg.line(_LEFT, y(FOUND), _WIDTH - _RIGHT, y(FOUND), "bound"))
    parts.append(svg.text(_WIDTH - _RIGHT, y(FOUND) + 16, f"{FOUND:.0%} found", "label short", "end"))
    displacement = {kind.name: kind.displacement for kind in kinds()}
    for index, name in enumerate(names):
        size = displacement[name]
        if size is None:
            continue
        points = sorted((size(row.strength), row.rate) for row in rows if row.kind == name and row.count)
        positions = [(x(at), y(rate)) for at, rate in points]
        parts.append(svg.polyline(positions, f"series line-{index}"))
        for (left, top), (at, rate) in zip(positions, points, strict=True):
            parts.append(svg.dot(left, top, 4, f"dot line-{index}", f"{name}, {at:g} px: {rate:.1%}"))
    return svg.drawing(_WIDTH, _HEIGHT, "Recall over the size of a displacement", parts)


def roc_chart(curve: Curve) -> Markup:
    """Draws the curve of one threshold; more false alarms than the axis shows lie at its right end.

    Args:
        curve: The curve.
    """
    (shipped,) = (point.false_alarms for point in curve.points if point.factor == 1)
    most = min(1.0, max(_LEAST_ALARMS, 3 * shipped))
    x = svg.Scale(0.0, most, _LEFT, _WIDTH - _RIGHT)
    y = svg.Scale(0.0, 1.0, _HEIGHT - _BOTTOM, _TOP)
    parts = _frame(x, y, "false alarms, %", "recall", x.ticks(5), 100)
    points = [(x(min(point.false_alarms, most)), y(point.recall)) for point in curve.points]
    parts.append(svg.polyline(points, "series line-0"))
    for (left, top), point in zip(points, curve.points, strict=True):
        is_shipped = point.factor == 1
        title = (
            f"{point.value:g} (x {point.factor:g}): recall {point.recall:.1%}, false alarms {point.false_alarms:.2%}"
        )
        parts.append(svg.dot(left, top, 7 if is_shipped else 4, "best" if is_shipped else "dot line-0", title))
    return svg.drawing(_WIDTH, _HEIGHT, f"Recall against false alarms for {curve.threshold}", parts)


def _frame(
    x: svg.Scale, y: svg.Scale, x_title: str, y_title: str, columns: Sequence[float], times: float = 1.0
) -> list[Markup]:
    parts = [svg.text(0, 12, y_title, "axis-title")]
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(svg.line(_LEFT, y(value), _WIDTH - _RIGHT, y(value), "grid"))
        parts.append(svg.text(_LEFT - 8, y(value) + 4, f"{value:.0%}", anchor="end"))
    for value in columns:
        parts.append(svg.text(x(value), _HEIGHT - _BOTTOM + 18, f"{value * times:g}", anchor="middle"))
    parts.append(svg.line(_LEFT, y(0.0), _WIDTH - _RIGHT, y(0.0), "axis"))
    parts.append(svg.text(_WIDTH - _RIGHT, _HEIGHT - 6, x_title, "axis-title", "end"))
    return parts
