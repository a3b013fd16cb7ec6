"""The mean difference of each slice with its interval, beside zero."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from components.gate.bootstrap import Interval
from pipeline.report.comparison.differences import SliceDifference
from pipeline.report.page import svg
from pipeline.report.page.charts import WIDTH, Chart
from pipeline.report.wording import signed, slice_name

_LEFT, _ROW = 118, 38


def tendency(interval: Interval) -> str:
    """Returns whether a difference is surely positive ("met"), surely negative ("short") or neither ("unjudged")."""
    if interval.low > 0:
        return "met"
    return "short" if interval.high < 0 else "unjudged"


def intervals_by_slice(slices: Sequence[SliceDifference], measure: str) -> Chart | None:
    """Draws the mean difference of each slice as a dot with its interval.

    Args:
        slices: The slices.
        measure: "psnr" or "ssim".

    Returns:
        The chart; None where nothing was measured.
    """
    known = [(part, interval) for part in slices if math.isfinite((interval := getattr(part, measure)).mean)]
    if not known:
        return None
    decimals = 2 if measure == "psnr" else 3
    height, base = 50 + _ROW * len(known), 20 + _ROW * len(known)
    figures = [figure for _, interval in known for figure in _figures(interval)]
    low, high = svg.extent([0.0, *figures], 0.1, 0.1)
    x = svg.Scale(low, high, _LEFT, WIDTH - 62)
    parts: list[Markup] = []
    ticks = x.ticks(4)
    for value, label in zip(ticks, svg.tick_labels(ticks), strict=True):
        parts += [svg.line(x(value), 6, x(value), base, "grid"), svg.text(x(value), base + 17, label, anchor="middle")]
    parts.append(svg.line(x(0.0), 6, x(0.0), base, "axis"))
    for index, (part, interval) in enumerate(known):
        parts += _row(x, 26 + _ROW * index, part, interval, decimals)
    title = "PSNR, dB" if measure == "psnr" else "SSIM"
    caption = "; ".join(f"{part.name} {signed(interval.mean, decimals)}" for part, interval in known)
    return Chart(title, caption, svg.drawing(WIDTH, height, f"{title}, B minus A: {caption}", parts))


def _figures(interval: Interval) -> list[float]:
    return [figure for figure in (interval.mean, interval.low, interval.high) if math.isfinite(figure)]


def _row(x: svg.Scale, row: float, part: SliceDifference, interval: Interval, decimals: int) -> Iterator[Markup]:
    state = tendency(interval)
    label = slice_name(part.name.value)
    yield svg.text(0, row + 4, label if len(label) <= 16 else f"{label[:15]}…", "row-name")
    if math.isfinite(interval.low):
        yield svg.line(x(interval.low), row, x(interval.high), row, f"ruler-interval {state}")
        for bound in (interval.low, interval.high):
            yield svg.line(x(bound), row - 6, x(bound), row + 6, f"ruler-end {state}")
    yield svg.dot(x(interval.mean), row, 6, f"ruler-value {state}", str(part.name))
    yield svg.text(WIDTH, row + 4, signed(interval.mean, decimals), f"label {state}", "end")
