"""The curve of a training as a picture: PSNR on the validation's scenes over minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from data.storage.files import write_whole
from pipeline.report.page import svg

_WIDTH, _HEIGHT = 640.0, 320.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 24.0, 34.0, 48.0
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #3c4450 }
.title { font-weight: 600 }
.grid { stroke: #8c96a4; stroke-opacity: .35 }
.axis { stroke: #8c96a4 }
.series { fill: none; stroke: #1f6fd1; stroke-width: 2 }
.point { fill: #1f6fd1 }
@media (prefers-color-scheme: dark) {
  text { fill: #d5dae2 }
  .series { stroke: #7fb4ff }
  .point { fill: #7fb4ff }
}
"""
"""A file of its own has no style sheet of a page."""


def write_curve(curve: Sequence[Mapping[str, float]], title: str, path: Path) -> None:
    """Writes the curve as an SVG file for light and dark pages.

    Args:
        curve: `minutes` and `psnr` in dB of each validation, in their order; at least one.
        title: What the curve shows, in a line.
        path: The file to write.
    """
    points = [(row["minutes"], row["psnr"]) for row in curve]
    low, high = svg.extent([psnr for _, psnr in points], 0.1, 0.15)
    x = svg.Scale(0.0, max(minutes for minutes, _ in points) or 1.0, _LEFT, _WIDTH - _RIGHT)
    y = svg.Scale(low, high, _HEIGHT - _BOTTOM, _TOP)
    positions = [(x(minutes), y(psnr)) for minutes, psnr in points]
    parts = [svg.tag("style", Markup(_STYLE)), svg.tag("title", title), *_frame(x, y, title)]
    parts.append(svg.polyline(positions, "series"))
    for (across, down), (minutes, psnr) in zip(positions, points, strict=True):
        parts.append(svg.dot(across, down, 3.5, "point", f"{minutes:.0f} minutes: {psnr:.2f} dB"))
    across, down = positions[-1]
    parts.append(svg.text(across, down - 10, f"{points[-1][1]:.2f} dB", "title", "end"))
    box = f"0 0 {_WIDTH:g} {_HEIGHT:g}"
    content = Markup("").join(parts)
    write_whole(path, svg.tag("svg", content, xmlns="http://www.w3.org/2000/svg", viewBox=box, role="img") + "\n")


def _frame(x: svg.Scale, y: svg.Scale, title: str) -> list[Markup]:
    """Draws the title, the grid lines and the labelled ticks of both axes."""
    parts = [svg.text(0, 16, title, "title")]
    rows, columns = y.ticks(5), x.ticks(8)
    for value, label in zip(rows, svg.tick_labels(rows), strict=True):
        parts.append(svg.line(_LEFT, y(value), _WIDTH - _RIGHT, y(value), "grid"))
        parts.append(svg.text(_LEFT - 8, y(value) + 4, label, anchor="end"))
    for value, label in zip(columns, svg.tick_labels(columns), strict=True):
        parts.append(svg.text(x(value), _HEIGHT - _BOTTOM + 20, label, anchor="middle"))
    parts.append(svg.line(_LEFT, _HEIGHT - _BOTTOM, _WIDTH - _RIGHT, _HEIGHT - _BOTTOM, "axis"))
    parts.append(svg.text(_WIDTH - _RIGHT, _HEIGHT - 6, "minutes of training", anchor="end"))
    return parts
