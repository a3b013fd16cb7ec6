"""Every metric by slice, put as a table: slices down, metrics across, each value with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.gate.metric_value import MetricValue
from pipeline.report.facts.slice_metrics import slice_order
from pipeline.report.wording import decimals_of, interval_of, metric, number


@dataclass(frozen=True)
class Column:
    """A metric: its name as a person reads it, and its unit."""

    title: str
    unit: str


@dataclass(frozen=True)
class Row:
    """A slice: its name, its number of images, and for each column the value and the interval, as text."""

    name: str
    images: int | None
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MetricsTable:
    """The table; `columns` without values are not in it."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def by_slice(metrics: Sequence[MetricValue]) -> MetricsTable | None:
    """Returns the table, columns in the order in which metrics first appear; None where there are no metrics."""
    if not metrics:
        return None
    units = {value.name: value.unit for value in reversed(metrics)}
    names = list(dict.fromkeys(value.name for value in metrics))
    found = {(value.slice, value.name): value for value in metrics}
    rows = tuple(
        Row(
            name=str(part),
            images=next((value.images for value in metrics if value.slice == part), None),
            cells=tuple(_cell(found.get((part, name))) for name in names),
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
    """Returns the interval of each metric that has one, as text, by "slice/name"."""
    texts = {f"{value.slice}/{value.name}": _cell(value)[1] for value in metrics}
    return {key: text for key, text in texts.items() if text}
