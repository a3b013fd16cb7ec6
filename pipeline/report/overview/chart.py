"""The gain of every run over time, with its interval, and the production model's line through it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from components.evaluation.measures import gain
from pipeline.report.overview.history import History, ProductionEvent, RunEntry
from pipeline.report.overview.records import Gain
from pipeline.report.page import svg
from pipeline.report.page.charts import WIDTH, Chart, Point
from pipeline.report.page.gain_charts import GAINS_WIDTH
from pipeline.report.wording import VERDICT_WORDS, decimals_of, interval_of, metric, quantity, signed

_HEIGHT, _LEFT, _TOP, _BOTTOM = 300.0, 54.0, 34.0, 58.0
_NONE_ROW = _HEIGHT - _BOTTOM + 12
"""Row of the crosses of runs that judged no model, below the axis."""
_LABEL_WIDTH = 85.0
"""Units of a drawing's width that a date and the room around it take."""
_MOST_NARROW = 14
"""Runs that fit into a drawing that a phone shows whole."""
_RADII = 1.8, 5.5
"""Smallest and largest radius of a dot: many runs leave little room."""
_THIN = 3.0
"""Radius below which the intervals are drawn thin, so that they do not become a hatching."""
_AWAY = 0.3
"""Least distance, in runs, of a rollback's mark from the runs beside it."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """The axes of a chart, and how its values are written."""

    width: float
    x: svg.Scale
    y: svg.Scale
    measure: str

    @property
    def unit(self) -> str:
        return "dB" if self.measure == "psnr" else ""

    def text(self, value: float) -> str:
        return quantity(signed(value, decimals_of(self.unit)), self.unit)


def is_wide(history: History) -> bool:
    """Returns whether the charts are as wide as the page, because there are many runs."""
    return len(history.runs) > _MOST_NARROW


def gain_history(history: History, measure: str) -> Chart | None:
    """Draws the gain of every run in the order of the runs, and the gain of the production model as a line.

    The runs stand at equal distances, because the runs of one day would hide one another on an axis of hours.

    Args:
        history: The runs and the models that were in production.
        measure: "psnr" or "ssim".

    Returns:
        The chart; None where no run judged a model.
    """
    judged = [(index, run, value) for index, run in enumerate(history.runs) if (value := _gain(run, measure))]
    if not judged:
        return None
    values = [figure for _, _, value in judged for figure in _figures(value)]
    values += [figure for event in history.events for figure in _figures(event.gains.get(measure), bounds=False)]
    width = GAINS_WIDTH if is_wide(history) else float(WIDTH)
    x = svg.Scale(-0.6, len(history.runs) - 0.4, _LEFT + 6, width - 4)
    frame = _Frame(width, x, _scale(values), measure)
    title = metric(gain(measure))
    parts = [*_axes(history.runs, frame, f"{title}, {frame.unit}" if frame.unit else title)]
    parts += [*_data_lines(history.runs, x), *_production(history, frame)]
    parts += [part for index, run, value in judged for part in _run(index, run, value, frame)]
    parts += [_without_model(x(index), run) for index, run in enumerate(history.runs) if not _gain(run, measure)]
    caption = _caption([(run, value.value or 0.0) for _, run, value in judged], frame)
    return Chart(title, caption, svg.drawing(width, _HEIGHT, f"{title}, by run. {caption}", parts))


def _gain(run: RunEntry, measure: str) -> Gain | None:
    return run.record.gain(measure) if run.record else None


def _figures(value: Gain | None, bounds: bool = True) -> list[float]:
    if value is None:
        return []
    figures = (value.value, value.low, value.high) if bounds else (value.value,)
    return [figure for figure in figures if figure is not None]


def _scale(values: Sequence[float]) -> svg.Scale:
    """Returns the scale of gains; it reaches to zero, the input's own value, unless that would flatten the rest."""
    low, high = min(values), max(values)
    if low < 2 * (high - low):
        values = [*values, 0.0]
    return svg.Scale(*svg.extent(values, 0.08, 0.14), _HEIGHT - _BOTTOM, _TOP)


def _axes(runs: Sequence[RunEntry], frame: _Frame, title: str) -> Iterator[Markup]:
    y = frame.y
    yield svg.text(0, 14, title, "axis-title")
    ticks = y.ticks(4)
    for value, label in zip(ticks, svg.tick_labels(ticks), strict=True):
        yield svg.line(_LEFT, y(value), frame.width, y(value), "axis" if abs(value) < 1e-12 else "grid")
        yield svg.text(_LEFT - 8, y(value) + 4, label, anchor="end")
    for index, label in _date_labels(runs, int(frame.width / _LABEL_WIDTH)):
        yield svg.text(frame.x(index), _HEIGHT - 18, label, anchor="middle")
    yield svg.text(frame.width, _HEIGHT - 2, "runs, oldest to newest", "axis-title", "end")


def _date_labels(runs: Sequence[RunEntry], most: int) -> Iterator[tuple[int, str]]:
    """Yields some runs with their day, or with their time of day where all are of one day."""
    starts = [(index, run.record.started) for index, run in enumerate(runs) if run.record]
    days = {start.date() for _, start in starts}
    last = ""
    for index, start in starts[:: -(-len(starts) // most)]:
        label = f"{start:%H:%M}" if len(days) == 1 else f"{start.day} {start:%b}"
        if label != last:
            yield index, label
        last = label


def _data_lines(runs: Sequence[RunEntry], x: svg.Scale) -> Iterator[Markup]:
    for index, run in enumerate(runs):
        if run.has_other_data:
            at = x(index - 0.5)
            yield svg.line(at, _TOP - 12, at, _HEIGHT - _BOTTOM, "data-line")


def _run(index: int, run: RunEntry, value: Gain, frame: _Frame) -> Iterator[Markup]:
    verdict = run.record.verdict if run.record else "failed"
    at, mean = frame.x(index), value.value or 0.0
    radius = max(_RADII[0], min(_RADII[1], 0.3 * (frame.x(1) - frame.x(0))))
    thin = " thin" if radius < _THIN else ""
    if value.low is not None and value.high is not None:
        yield svg.line(at, frame.y(value.low), at, frame.y(value.high), f"run-interval {verdict}{thin}")
    interval = interval_of(value.low, value.high, decimals_of(frame.unit))
    text = f"{run.name}: {VERDICT_WORDS[verdict]}, {frame.text(mean)} {interval}".rstrip()
    yield svg.dot(at, frame.y(mean), radius, f"run-dot {verdict}", text)


def _without_model(at: float, run: RunEntry) -> Markup:
    word = f"{VERDICT_WORDS[run.record.verdict]}, no model judged" if run.record else run.problem
    cross = f"M{at - 4:.1f} {_NONE_ROW - 4:.1f}l8 8m0 -8l-8 8"
    return svg.tag("path", svg.tag("title", f"{run.name}: {word}"), d=cross, class_="run-none")


def _production(history: History, frame: _Frame) -> Iterator[Markup]:
    """Draws the production model's gain as steps, a triangle where a person changed it, and its gain of today."""
    places = _places(history)
    ends = [*places, len(history.runs) - 0.4][1:]
    marks: list[Markup] = []
    steps: list[Point] = []
    for event, start, end in zip(history.events, places, ends, strict=True):
        value = event.gains.get(frame.measure)
        if value is None or value.value is None:  # nobody judged it here: the line is interrupted
            yield from _steps(steps)
            steps = []
            continue
        row = frame.y(value.value)
        steps += [(frame.x(start), row), (frame.x(end), row)]
        if event.origin != "run":
            marks.append(_change(frame.x(start), row, event))
    yield from _steps(steps)
    yield from marks
    if steps and not history.events[-1].is_removed:
        now = frame.text(history.events[-1].gains[frame.measure].value or 0.0)
        yield svg.text(frame.width, 14, f"in production {now}", "label met", "end")


def _steps(points: Sequence[Point]) -> Iterator[Markup]:
    if points:
        yield svg.polyline(points, "series production")


def _change(at: float, row: float, event: ProductionEvent) -> Markup:
    what = f"{event.origin} of {event.restores}" if event.restores else event.origin
    shape = f"M{at:.1f} {row + 6:.1f}l-7 -12h14z"
    return svg.tag("path", svg.tag("title", f"{what}, version {event.number}"), d=shape, class_="change")


def _places(history: History) -> list[float]:
    """Returns where each event stands, in runs: a push at its run, another change between the runs before and after it."""
    index_of = {run.name: index for index, run in enumerate(history.runs)}
    starts = [(run.record.started.timestamp(), index) for index, run in enumerate(history.runs) if run.record]
    places: list[float] = []
    for event in history.events:
        if event.origin == "run" and event.run in index_of:
            place = float(index_of[event.run])
        elif event.when is None:
            place = -0.5
        else:
            place = _between(event.when.timestamp(), starts)
        places.append(max(place, places[-1]) if places else place)
    return places


def _between(time: float, starts: Sequence[tuple[float, int]]) -> float:
    after = bisect_right(starts, (time, len(starts)))
    if after == 0:
        return -0.5
    start, index = starts[after - 1]
    if after == len(starts):
        return index + 0.5
    end, following = starts[after]
    share = (time - start) / (end - start) if end > start else 0.5
    return min(max(index + share * (following - index), index + _AWAY), following - _AWAY)


def _caption(judged: Sequence[tuple[RunEntry, float]], frame: _Frame) -> str:
    best, highest = max(judged, key=lambda entry: entry[1])
    newest, last = judged[-1]
    text = f"Newest {frame.text(last)}, run {newest.name}."
    return text if highest == last else f"{text} Highest {frame.text(highest)}, run {best.name}."


def how_to_read(history: History) -> str:
    """Returns how to read the charts, for the signs that they have.

    Args:
        history: The runs and the models that were in production.
    """
    parts = ["A dot is the model of a run, filled where it was pushed; its bar is the confidence interval."]
    if history.events:
        parts.append("The broad line is the production model, at its gain when it was judged.")
    if any(event.origin != "run" for event in history.events):
        parts.append("A triangle marks a rollback, a promotion or an import.")
    if any(run.has_other_data for run in history.runs):
        parts.append("The data changed at a dashed line: gains on its two sides are of other images.")
    if any(not _gain(run, "psnr") for run in history.runs):
        parts.append("A cross is a run without a judged model.")
    return " ".join(parts)
