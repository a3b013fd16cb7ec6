"""Histograms of the measurements of pairs as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from pipeline.report.facts.data_facts import Histogram
from pipeline.report.page import svg
from pipeline.report.page.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart
from pipeline.report.wording import number

# The first series is drawn as bars, the others as outlines over them; more than three cannot be told apart.
MOST_SERIES = 3


def histogram_chart(histogram: Histogram) -> Chart | None:
    """Draws a histogram.

    Args:
        histogram: The counts.

    Returns:
        The chart; None where every count is 0.
    """
    series = dict(list(histogram.counts.items())[:MOST_SERIES])
    highest = max((count for counts in series.values() for count in counts), default=0)
    if highest == 0:
        return None
    bounds = [histogram.edges[0], histogram.edges[-1]]
    if histogram.threshold is not None:
        bounds.append(histogram.threshold)
    x = svg.Scale(min(bounds), max(bounds), LEFT, WIDTH - RIGHT)
    y = svg.Scale(0.0, highest * 1.15, HEIGHT - BOTTOM, TOP)
    parts = _axes(histogram, x, y)
    for index, (name, counts) in enumerate(series.items()):
        parts += (
            _bars(histogram.edges, counts, x, y) if index == 0 else [_outline(histogram.edges, counts, x, y, index)]
        )
        parts += _legend(name, index) if len(series) > 1 else []
    parts += _threshold(histogram, x)
    caption = f"{number(sum(sum(counts) for counts in series.values()), 0)} pairs. {histogram.caption}".strip()
    return Chart(histogram.name, caption, svg.drawing(WIDTH, HEIGHT, f"Histogram: {histogram.name}. {caption}", parts))


def _axes(histogram: Histogram, x: svg.Scale, y: svg.Scale) -> list[Markup]:
    parts = [svg.text(0, 14, "pairs", "axis-title")]
    rows = [value for value in y.ticks(4) if value == round(value)]
    for value, label in zip(rows, svg.tick_labels(rows), strict=True):
        parts.append(svg.line(LEFT, y(value), WIDTH - RIGHT, y(value), "grid"))
        parts.append(svg.text(LEFT - 8, y(value) + 4, label, anchor="end"))
    columns = x.ticks(5)
    for value, label in zip(columns, svg.tick_labels(columns), strict=True):
        parts.append(svg.text(x(value), HEIGHT - BOTTOM + 18, label, anchor="middle"))
    parts.append(svg.line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "axis"))
    title = f"{histogram.name}, {histogram.unit}" if histogram.unit else histogram.name
    parts.append(svg.text(WIDTH - RIGHT, HEIGHT - 4, title, "axis-title", "end"))
    return parts


def _bars(edges: Sequence[float], counts: Sequence[int], x: svg.Scale, y: svg.Scale) -> Iterator[Markup]:
    for left, right, count in zip(edges, edges[1:], counts, strict=False):
        if count:
            title = svg.tag("title", f"{left:g} to {right:g}: {count}")
            width = max(x(right) - x(left) - 1, 0.8)
            yield svg.tag(
                "rect", title, x=x(left) + 0.5, y=y(count), width=width, height=y(0.0) - y(count), class_="bar rain-bar"
            )


def _outline(edges: Sequence[float], counts: Sequence[int], x: svg.Scale, y: svg.Scale, index: int) -> Markup:
    points = [(x(edges[0]), y(0.0))]
    for left, right, count in zip(edges, edges[1:], counts, strict=False):
        points += [(x(left), y(count)), (x(right), y(count))]
    points.append((x(edges[-1]), y(0.0)))
    return svg.polyline(points, f"series outline-{index}")


def _legend(name: str, index: int) -> list[Markup]:
    left = LEFT + 60 + 110 * index
    mark = (
        svg.tag("rect", x=left, y=4, width=12, height=12, class_="bar rain-bar")
        if index == 0
        else svg.line(left, 10, left + 14, 10, f"series outline-{index}")
    )
    return [mark, svg.text(left + 20, 14, name)]


def _threshold(histogram: Histogram, x: svg.Scale) -> list[Markup]:
    if histogram.threshold is None:
        return []
    at = x(histogram.threshold)
    is_right = at > (LEFT + WIDTH - RIGHT) / 2
    return [
        svg.line(at, TOP, at, HEIGHT - BOTTOM, "bound"),
        svg.text(at - 6 if is_right else at + 6, TOP + 10, "threshold", "label short", "end" if is_right else "start"),
    ]
