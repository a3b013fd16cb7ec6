"""Charts of gains: each evaluation image as a bar, each slice as a step from the input to the restored image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from components.evaluation.slices import Slice
from pipeline.report.facts.image_facts import ImageGain, median_index
from pipeline.report.facts.slice_metrics import SliceMetrics
from pipeline.report.page import svg
from pipeline.report.page.charts import WIDTH, Chart, Point
from pipeline.report.wording import counted, number, signed, slice_name

# As wide as the page; with fewer bars the images themselves say more.
GAINS_WIDTH, _GAINS_HEIGHT, _GAINS_LEFT = 860.0, 230.0, 44.0
_LEAST_BARS = 4


def gains_chart(images: Sequence[ImageGain]) -> Chart | None:
    """Draws the PSNR gain of every evaluation image as a bar, the best on the left; the median is marked."""
    gains = [image.gain_psnr for image in images]
    worse = sum(gain < 0 for gain in gains)
    counts = f"{counted(worse, 'image')} of {number(len(gains), 0)} made worse"
    return bars_by_image(gains, "Gain of each image", "PSNR gain, dB", counts)


def bars_by_image(values: Sequence[float], title: str, axis: str, counts: str) -> Chart | None:
    """Draws one value of every evaluation image as a bar, the largest on the left; the median is marked.

    Args:
        values: The values, dB.
        title: Title of the chart.
        axis: Title of the vertical axis.
        counts: What the caption says after the best, median and worst value.

    Returns:
        The chart; None for so few images that they say more themselves.
    """
    if len(values) < _LEAST_BARS:
        return None
    gains = sorted(values, reverse=True)
    low, high = svg.extent([0.0, *gains], 0.08 if gains[-1] < 0 else 0.0, 0.2)
    y = svg.Scale(low, high, _GAINS_HEIGHT - 34, 26)
    ticks = y.ticks(4)
    parts = [svg.text(0, 12, axis, "axis-title")]
    for value, label in zip(ticks, svg.tick_labels(ticks), strict=True):
        parts.append(svg.line(_GAINS_LEFT, y(value), GAINS_WIDTH, y(value), "grid"))
        parts.append(svg.text(_GAINS_LEFT - 8, y(value) + 4, label, anchor="end"))
    parts += _gain_bars(gains, y)
    parts.append(svg.line(_GAINS_LEFT, y(0.0), GAINS_WIDTH, y(0.0), "axis"))
    parts.append(svg.text(GAINS_WIDTH, _GAINS_HEIGHT - 4, "evaluation images, best to worst", "axis-title", "end"))
    median = sorted(gains)[median_index(len(gains))]
    caption = f"Best {signed(gains[0])} dB, median {signed(median)} dB, worst {signed(gains[-1])} dB; {counts}."
    return Chart(title, caption, svg.drawing(GAINS_WIDTH, _GAINS_HEIGHT, f"{title}. {caption}", parts))


def _gain_bars(gains: Sequence[float], y: svg.Scale) -> Iterator[Markup]:
    room = (GAINS_WIDTH - _GAINS_LEFT) / len(gains)
    gap = min(3.0, room * 0.25)
    median = len(gains) - 1 - median_index(len(gains))
    for index, gain in enumerate(gains):
        x, top, bottom = _GAINS_LEFT + index * room, min(y(gain), y(0.0)), max(y(gain), y(0.0))
        state = "bar short" if gain < 0 else "bar median" if index == median else "bar"
        yield svg.tag(
            "rect",
            svg.tag("title", f"{signed(gain)} dB"),
            x=x + gap / 2,
            y=top,
            width=room - gap,
            height=max(bottom - top, 0.5),
            class_=state,
        )
    middle = _GAINS_LEFT + (median + 0.5) * room
    yield svg.text(middle, y(max(gains[median], 0.0)) - 8, f"median {signed(gains[median])}", "label", "middle")


def slice_chart(slices: Sequence[SliceMetrics], measure: str) -> Chart | None:
    """Draws the PSNR or SSIM of each slice as a step from the input to the restored image."""
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
        parts += _step(x, 36 + row_height * index, name, (before, after), decimals)
    parts += _labels(x, known[0])
    title = "PSNR, dB" if measure == "psnr" else "SSIM"
    caption = "; ".join(
        f"{name} {number(before, decimals)} to {number(after, decimals)}" for name, before, after in known
    )
    return Chart(title, caption, svg.drawing(WIDTH, height, f"{title}, input to restored: {caption}", parts))


def _step(x: svg.Scale, row: float, part: Slice, values: Point, decimals: int) -> list[Markup]:
    before, after = values
    rises = after >= before
    label = slice_name(part.value)
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


def _labels(x: svg.Scale, first: tuple[Slice, float, float]) -> list[Markup]:
    """Labels both values of the first row; no legend is needed then."""
    _, before, after = first
    if abs(x(after) - x(before)) < 60:
        return []
    return [
        svg.text(x(before), 18, "input", "label input", "middle"),
        svg.text(x(after), 18, "restored", "label restored", "middle"),
    ]
