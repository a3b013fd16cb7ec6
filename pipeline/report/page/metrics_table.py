"""The table of every metric: a row for each slice, a column for each metric, each value with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.gate.metric_value import MetricValue
from pipeline.report.facts.slice_metrics import slice_order
from pipeline.report.wording import decimals_of, interval_of, metric, number


@dataclass(frozen=True)
class Column:
    """A metric: its name in words, and its unit."""

    title: str
    unit: str


@dataclass(frozen=True)
class Row:
    """A slice: its name, its number of images, and the value and interval of each column as text."""

    name: str
    images: int | None
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MetricsTable:
    """The table: its columns, and its rows with overall first."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def by_slice(metrics: Sequence[MetricValue]) -> MetricsTable | None:
    """Returns the table, with columns in the order of `metrics`; None where there are no metrics."""
    if not metrics:
        return None
    units = {value.name: value.unit for value in reversed(metrics)}
    names = list(dict.fromkeys(value.name for value in metrics))
    cells = {(value.slice, value.name): value for value in metrics}
    rows = tuple(
        Row(
            name=str(part),
            images=next((value.images for value in metrics if value.slice == part), None),
            cells=tuple(_cell(cells.get((part, name))) for name in names),
        )
        for part in sorted({value.slice for value in metrics}, key=slice_order)
    )
    return MetricsTable(tuple(Column(metric(name), units[name]) for name in names), rows)


def _cell(value: MetricValue | None) -> tuple[str, str]:
    if value is None:
        return number(None), ""
    decimals = decimals_of(value.unit)
    return number(value.value, decimals), interval_of(value.low, value.high, decimals)


def intervals(metrics: Sequence[MetricValue]) -> dict[str, str]:
    """Returns the confidence intervals as text, by "slice/metric"."""
    texts = {f"{value.slice}/{value.name}": _cell(value)[1] for value in metrics}
    return {key: text for key, text in texts.items() if text}
