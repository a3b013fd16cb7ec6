"""A threshold of the gate drawn as a ruler: value and interval beside the threshold."""

from __future__ import annotations

from markupsafe import Markup

from components.gate.threshold_result import ThresholdResult, ThresholdVerdict
from pipeline.report.page import svg
from pipeline.report.wording import condition, measured, metric, value_and_threshold

RULER_WIDTH, RULER_HEIGHT = 320.0, 58.0
_MIDDLE, _ROW, _EDGE = RULER_WIDTH / 2, 30.0, 8.0

# CSS class of a threshold in the page, by its verdict.
STATES: dict[ThresholdVerdict, str] = {"met": "met", "not met": "short", "too few images": "unjudged"}


def threshold_ruler(result: ThresholdResult) -> Markup:
    """Draws one threshold as a ruler: the threshold in the middle, the passing side always on the right.

    The rulers of a gate stand below one another, so that one look shows which values lie to the right. Each ruler has its own
    scale, which reaches to zero, or to the value or its interval where that is further.
    """
    half = _MIDDLE - _EDGE
    parts = [
        svg.tag("rect", x=_EDGE, y=_ROW - 4, width=half, height=8, class_="ruler-short"),
        svg.tag("rect", x=_MIDDLE, y=_ROW - 4, width=half, height=8, class_="ruler-met"),
        svg.line(_MIDDLE, _ROW - 13, _MIDDLE, _ROW + 13, "ruler-bound"),
        svg.text(_MIDDLE, RULER_HEIGHT - 2, condition(result), "tick", "middle"),
        *_ruler_value(result),
    ]
    title = f"{metric(result.name)}: {measured(result)}, {condition(result)}: {result.verdict}"
    return svg.drawing(RULER_WIDTH, RULER_HEIGHT, title, parts, "ruler")


def _ruler_value(result: ThresholdResult) -> list[Markup]:
    if result.margin is None:
        return []
    at = _at(result, result.margin)
    state = STATES[result.verdict]
    anchor, shift = ("start", -8) if at < 48 else ("end", 8) if at > RULER_WIDTH - 48 else ("middle", 0)
    bounds = [_at(result, margin) for margin in result.interval_margins]
    return [
        svg.line(_MIDDLE, _ROW, at, _ROW, f"ruler-way {state}"),
        *(
            svg.line(x, _ROW - 6, x, _ROW + 6, f"ruler-end {state}{' judged' if name == result.judged else ''}")
            for name, x in zip(("low", "high"), bounds, strict=False)
        ),
        *([svg.line(bounds[0], _ROW, bounds[1], _ROW, f"ruler-interval {state}")] if bounds else []),
        svg.dot(at, _ROW, 6, f"ruler-value {state}"),
        svg.text(at + shift, 13, value_and_threshold(result)[0], f"label {state}", anchor),
    ]


def _at(result: ThresholdResult, margin: float) -> float:
    return _MIDDLE + margin / _half_width(result) * (_MIDDLE - 2 * _EDGE)


def _half_width(result: ThresholdResult) -> float:
    """Returns the reach of a ruler to either side: to zero, or to the value or its interval where that is further."""
    margins = (result.margin or 0.0, *result.interval_margins)
    return max(max(map(abs, margins)) * 1.1, abs(result.threshold), 1e-9)
