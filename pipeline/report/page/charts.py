"""Training curves as SVG: loss, learning rate, and the validation's PSNR and SSIM."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipeline.report.facts.training_facts import TrainingHistory, ValidationPoint
from pipeline.report.page import svg
from pipeline.report.wording import number, power_of_ten, quantity, scientific, signed

Point = tuple[float, float]

# Size of a drawing in its own units; the page scales it, and text stays readable from 390 to 1400 pixels.
WIDTH, HEIGHT = 420, 262
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 30, 40

# More points than the chart has pixels across would only make the page larger.
MOST_POINTS = 400
MOST_DOTS = 40


@dataclass(frozen=True)
class Chart:
    """One chart: its title, a caption that says how to read it, and the SVG."""

    title: str
    caption: str
    drawing: Markup


def _frame(x: svg.Scale, y: svg.Scale, y_title: str, x_title: str) -> list[Markup]:
    """Draws the grid lines and labelled ticks of both axes."""
    rows, columns = y.ticks(4), x.ticks(5)
    parts = []
    for value, label in zip(rows, _row_labels(rows, y.log), strict=True):
        parts.append(svg.line(LEFT, y(value), WIDTH - RIGHT, y(value), "grid"))
        parts.append(svg.text(LEFT - 8, y(value) + 4, label, anchor="end"))
    for value, label in zip(columns, svg.tick_labels(columns), strict=True):
        parts.append(svg.line(x(value), HEIGHT - BOTTOM, x(value), HEIGHT - BOTTOM + 4, "axis"))
        parts.append(svg.text(x(value), HEIGHT - BOTTOM + 18, label, anchor="middle"))
    parts.append(svg.line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "axis"))
    parts.append(svg.text(0, 14, y_title, "axis-title"))
    parts.append(svg.text(WIDTH - RIGHT, HEIGHT - 4, x_title, "axis-title", "end"))
    return parts


def _row_labels(values: Sequence[float], log: bool) -> list[str]:
    return [f"{value:.10g}" for value in values] if log else svg.tick_labels(values)


def _scales(
    points: Sequence[Point], log: bool = False, headroom: float = 0.08, footroom: float = 0.08
) -> tuple[svg.Scale, svg.Scale]:
    """Returns the scales of x and y, with room above and below the points (shares of their range)."""
    last = max(step for step, _ in points)
    values = [value for _, value in points]
    if log:
        low, high = (10**exponent for exponent in svg.extent([math.log10(value) for value in values]))
    else:
        low, high = svg.extent(values, footroom, headroom)
    across = svg.Scale(min(0.0, min(step for step, _ in points)), last or 1.0, LEFT, WIDTH - RIGHT)
    return across, svg.Scale(low, high, HEIGHT - BOTTOM, TOP, log)


def _to_drawing(points: Sequence[Point], x: svg.Scale, y: svg.Scale) -> list[Point]:
    return [(x(step), y(value)) for step, value in points]


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """Returns at most about `most` points: the lowest and highest of each run of neighbours, so that spikes stay."""
    if len(points) <= most:
        return list(points)
    size = math.ceil(2 * len(points) / most)
    thinned_points: list[Point] = []
    for start in range(0, len(points), size):
        run = points[start : start + size]
        thinned_points += sorted({min(run, key=lambda point: point[1]), max(run, key=lambda point: point[1])})
    return thinned_points


def smoothed(points: Sequence[Point], window: int) -> list[Point]:
    """Returns the running median over `window` neighbours (fewer at both ends)."""
    half = window // 2
    return [
        (step, statistics.median(value for _, value in points[max(0, at - half) : at + half + 1]))
        for at, (step, _) in enumerate(points)
    ]


def loss_chart(history: TrainingHistory) -> Chart | None:
    """Draws the loss by step: the logged values thin, their running median thick."""
    points = [(float(entry.step), entry.loss) for entry in history.steps if entry.loss is not None]
    if not points:
        return None
    values = [value for _, value in points]
    log = min(values) > 0 and max(values) / min(values) > 4
    x, y = _scales(points, log)
    window = max(1, len(points) // 25) | 1
    parts = _frame(x, y, "loss, log scale" if log else "loss", "step")
    smooth = window >= 3
    parts.append(svg.polyline(_to_drawing(thinned(points), x, y), "series raw" if smooth else "series restored"))
    if smooth:
        parts.append(svg.polyline(_to_drawing(thinned(smoothed(points, window)), x, y), "series restored"))
    caption = f"Ends at {number(values[-1], 4)}."
    if smooth:
        caption = f"Thin: as logged. Thick: running median of {window}, which ends at "
        caption += f"{number(smoothed(points, window)[-1][1], 4)}."
    return Chart("Loss", caption, svg.drawing(WIDTH, HEIGHT, f"Training loss by step. {caption}", parts))


def rate_chart(history: TrainingHistory) -> Chart | None:
    """Draws the learning rate by step."""
    points = [(float(entry.step), entry.learning_rate) for entry in history.steps if entry.learning_rate is not None]
    peak = max((value for _, value in points), default=0.0)
    if peak <= 0:
        return None
    exponent = math.floor(math.log10(peak))
    scaled = [(step, value / 10.0**exponent) for step, value in points]
    x, y = _scales([(0.0, 0.0), *scaled], footroom=0.0)
    parts = _frame(x, y, f"learning rate, {power_of_ten(exponent)}", "step")
    parts.append(svg.polyline(_to_drawing(thinned(scaled), x, y), "series plain"))
    caption = f"Peak {scientific(peak)}, last {scientific(points[-1][1])}."
    return Chart("Learning rate", caption, svg.drawing(WIDTH, HEIGHT, f"Learning rate by step. {caption}", parts))


def validation_chart(history: TrainingHistory, measure: str) -> Chart | None:
    """Draws PSNR or SSIM on the validation pairs, the identity baseline below it, and the best validation.

    Args:
        history: The training history.
        measure: "psnr" or "ssim".
    """
    unit, name = ("dB", "PSNR") if measure == "psnr" else ("", "SSIM")
    restored = _values(history.validation, lambda entry: getattr(entry, measure))
    baseline = _values(history.validation, lambda entry: _input_value(entry, measure))
    if not restored:
        return None
    x, y = _scales([*restored, *baseline], headroom=0.2, footroom=0.2)
    parts = _frame(x, y, f"{name}, dB" if measure == "psnr" else name, "step")
    parts += _baseline_curve(baseline, x, y, unit)
    parts.append(svg.polyline(_to_drawing(restored, x, y), "series restored"))
    if len(restored) <= MOST_DOTS:
        parts += [
            svg.dot(x(at), y(value), 3, "dot restored", f"step {at:.0f}: {quantity(value, unit)}")
            for at, value in restored
        ]
    best = _best(history, measure)
    if best is not None:
        parts += _best_mark(best, dict(baseline).get(best[0]), x, y, unit)
    caption = _validation_caption(history, measure, restored[-1])
    title = f"Validation {name}"
    return Chart(title, caption, svg.drawing(WIDTH, HEIGHT, f"{title} by step. {caption}", parts))


def _values(entries: Sequence[ValidationPoint], read: Callable[[ValidationPoint], float | None]) -> list[Point]:
    points = [(float(entry.step), read(entry)) for entry in entries]
    return [(step, value) for step, value in points if value is not None]


def _input_value(entry: ValidationPoint, measure: str) -> float | None:
    """Returns the value of the input, from which the gain is measured: the restored image's value minus the gain."""
    value, gain = getattr(entry, measure), getattr(entry, f"gain_{measure}")
    return None if value is None or gain is None else value - gain


def _baseline_curve(points: Sequence[Point], x: svg.Scale, y: svg.Scale, unit: str) -> list[Markup]:
    if not points:
        return []
    drawn = _to_drawing(points, x, y)
    label = f"input {quantity(points[-1][1], unit)}"
    return [
        svg.polyline(drawn, "series input"),
        svg.text(WIDTH - RIGHT, drawn[-1][1] + 17, label, "label input", "end"),
    ]


def _best(history: TrainingHistory, measure: str) -> Point | None:
    """Returns the best validation; its value is looked up where the history names only its step."""
    if history.best is None:
        return None
    step = history.best.step
    same = [getattr(entry, measure) for entry in history.validation if entry.step == step]
    value = getattr(history.best, measure) if getattr(history.best, measure) is not None else next(iter(same), None)
    return None if value is None else (float(step), value)


def _best_mark(best: Point, baseline: float | None, x: svg.Scale, y: svg.Scale, unit: str) -> list[Markup]:
    """Marks the best validation, and its gain as the distance to the input."""
    across, row = x(best[0]), y(best[1])
    share = (across - LEFT) / (WIDTH - RIGHT - LEFT)
    anchor = "start" if share < 0.25 else "end" if share > 0.75 else "middle"
    parts = [svg.line(across, row, across, HEIGHT - BOTTOM if baseline is None else y(baseline), "best-line")]
    if baseline is not None and abs(y(baseline) - row) > 36:
        gain = f"gain {signed(best[1] - baseline, 2 if unit else 3)}{' ' + unit if unit else ''}"
        side = ("start", 8) if share < 0.5 else ("end", -8)
        parts.append(svg.text(across + side[1], (row + y(baseline)) / 2 + 5, gain, "label", side[0]))
    return [
        *parts,
        svg.dot(across, row, 5.5, "best", f"best: step {best[0]:.0f}"),
        svg.text(across, row - 12, f"best {quantity(best[1], unit)}", "label restored", anchor),
    ]


def _validation_caption(history: TrainingHistory, measure: str, last: Point) -> str:
    best = _best(history, measure)
    step, value = best if best is not None else last
    decimals = 2 if measure == "psnr" else 3
    at = next((entry for entry in history.validation if entry.step == step), None)
    gain = getattr(at, f"gain_{measure}") if at is not None else None
    unit = " dB" if measure == "psnr" else ""
    subject = f"Best at step {number(step, 0)}" if best is not None else f"Last step {number(step, 0)}"
    over = f", a gain of {signed(gain, decimals)}{unit} over the input" if gain is not None else ""
    return f"{subject}: {number(value, decimals)}{unit}{over}."


def training_charts(history: TrainingHistory | None) -> list[Chart]:
    """Returns the charts that the history has values for; none where nothing was trained."""
    if history is None:
        return []
    drawings = (
        validation_chart(history, "psnr"),
        validation_chart(history, "ssim"),
        loss_chart(history),
        rate_chart(history),
    )
    return [chart for chart in drawings if chart is not None]
