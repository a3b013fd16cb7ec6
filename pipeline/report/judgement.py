"""The drawings of the gate: each threshold as a ruler, each slice as the way from input to restored image."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from pipeline.report import svg
from pipeline.report.charts import WIDTH, Chart, Point
from pipeline.report.facts import SliceMetrics, ThresholdResult
from pipeline.report.wording import asked, measured, metric, number, signed, value_and_threshold

RULER_WIDTH, RULER_HEIGHT = 320.0, 58.0
_MIDDLE, _ROW, _EDGE = RULER_WIDTH / 2, 30.0, 8.0


def threshold_ruler(result: ThresholdResult) -> Markup:
    """Draws one threshold as a ruler: the threshold in the middle, the passing side always on the right.

    All rulers of a gate lie below one another, so one look tells which values stand on the right of the line. Each has
    a scale of its own, which reaches as far as zero, or as the value where that is further.
    """
    half = _MIDDLE - _EDGE
    parts = [
        svg.tag("rect", x=_EDGE, y=_ROW - 4, width=half, height=8, class_="ruler-short"),
        svg.tag("rect", x=_MIDDLE, y=_ROW - 4, width=half, height=8, class_="ruler-met"),
        svg.line(_MIDDLE, _ROW - 13, _MIDDLE, _ROW + 13, "ruler-bound"),
        svg.text(_MIDDLE, RULER_HEIGHT - 2, asked(result), "tick", "middle"),
        *_ruler_value(result),
    ]
    title = f"{metric(result.name)}: {measured(result)}, {asked(result)}"
    return svg.drawing(RULER_WIDTH, RULER_HEIGHT, title, parts, "ruler")


def _ruler_value(result: ThresholdResult) -> list[Markup]:
    if result.margin is None:
        return []
    at = _MIDDLE + result.margin / _half_width(result) * (_MIDDLE - 2 * _EDGE)
    state = "met" if result.passed else "short"
    anchor, shift = ("start", -8) if at < 48 else ("end", 8) if at > RULER_WIDTH - 48 else ("middle", 0)
    return [
        svg.line(_MIDDLE, _ROW, at, _ROW, f"ruler-way {state}"),
        svg.dot(at, _ROW, 7, f"ruler-value {state}"),
        svg.text(at + shift, 13, value_and_threshold(result)[0], f"label {state}", anchor),
    ]


def _half_width(result: ThresholdResult) -> float:
    """How far a ruler reaches to either side: as far as zero, or as the value where that is further."""
    return max(abs(result.margin or 0.0) * 1.1, abs(result.threshold), 1e-9)


def slice_chart(slices: Sequence[SliceMetrics], measure: str) -> Chart | None:
    """Draws, slice by slice, the way from the input's PSNR or SSIM to that of the restored image."""
    rows = [(part.name, getattr(part, f"input_{measure}"), getattr(part, measure)) for part in slices]
    known = [(name, before, after) for name, before, after in rows if before is not None and after is not None]
    if not known:
        return None
    height, row_height, left, decimals = 60 + 38 * len(known), 38, 104, 2 if measure == "psnr" else 3
    low, high = svg.extent([value for _, *both in known for value in both], 0.14, 0.3)
    x = svg.Scale(low, high, left, WIDTH - 4)
    base = height - 30
    parts = []
    ticks = x.ticks(5)
    for value, label in zip(ticks, svg.tick_labels(ticks), strict=True):
        parts += [svg.line(x(value), 6, x(value), base, "grid"), svg.text(x(value), base + 17, label, anchor="middle")]
    for index, (name, before, after) in enumerate(known):
        parts += _way(x, 36 + row_height * index, name, (before, after), decimals)
    parts += _named_ends(x, known[0])
    title = "PSNR, dB" if measure == "psnr" else "SSIM"
    said = "; ".join(f"{name} {number(before, decimals)} to {number(after, decimals)}" for name, before, after in known)
    return Chart(title, said, svg.drawing(WIDTH, height, f"{title}, input to restored: {said}", parts))


def _way(x: svg.Scale, row: float, name: str, ends: Point, decimals: int) -> list[Markup]:
    before, after = ends
    rises = after >= before
    label = name.rpartition(": ")[2]
    return [
        svg.text(0, row + 4, label if len(label) <= 14 else f"{label[:13]}…", "row-name"),
        svg.line(x(before), row, x(after), row, "way" if rises else "way short"),
        svg.dot(x(before), row, 5, "end input", number(before, decimals)),
        svg.dot(x(after), row, 6, "end restored", number(after, decimals)),
        svg.text(
            max(x(after), x(before)) + 12,
            row + 4,
            signed(after - before, decimals),
            "label" if rises else "label short",
        ),
    ]


def _named_ends(x: svg.Scale, first: tuple[str, float, float]) -> list[Markup]:
    """Names both ends on the first row; a legend would make the eye travel."""
    _, before, after = first
    if abs(x(after) - x(before)) < 60:
        return []
    return [
        svg.text(x(before), 18, "input", "label input", "middle"),
        svg.text(x(after), 18, "restored", "label restored", "middle"),
    ]
