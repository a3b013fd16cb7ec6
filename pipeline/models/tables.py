"""Prints pushed versions as tables: a list, one version, or two side by side."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from components.production.registry import UNKNOWN
from pipeline.models.comparison import Comparison, described
from pipeline.models.versions import KnownVersion
from pipeline.screen.plain_console import PlainConsole

_LISTED_METRICS = (("gain_psnr", 2), ("gain_ssim", 3))
"""Metrics of the list, each with its number of decimals."""

_FILES = {True: "as pushed", False: "NOT what was pushed", None: "removed"}


def print_list(known: list[KnownVersion]) -> None:
    """Prints a line for each version."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("version", "pushed", "data", "PSNR gain, dB", "SSIM gain", "verdict", "state"):
        table.add_column(title, overflow="fold")
    for each in known:
        table.add_row(*map(Text, _row(each)), style="bold" if each.in_production else "")
    _console().print(table)


def _row(known: KnownVersion) -> tuple[str, ...]:
    version, facts = known.version, known.version.facts
    metrics, data = facts.get("metrics", {}), facts.get("data", {})
    return (
        str(version.number),
        version.pushed[:16].replace("T", " "),
        f"{data['source']}/{data['span']}" if data else UNKNOWN,
        *(_with_bounds(metrics.get(name), decimals) for name, decimals in _LISTED_METRICS),
        "blessed" if facts.get("verdict", {}).get("blessed") else UNKNOWN,
        known.state,
    )


def print_one(known: KnownVersion, is_intact: bool | None) -> None:
    """Prints the facts and metrics of a version.

    Args:
        known: The version.
        is_intact: Whether its files are unchanged since the push; None where they were removed.
    """
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row("version", str(known.version.number))
    for label, text in described(known).items():
        table.add_row(label, Text(text))
    table.add_row("files", Text(_FILES[is_intact], style="" if is_intact else "red"))
    for name, metric in known.version.facts.get("metrics", {}).items():
        table.add_row(name, f"{_with_bounds(metric, decimals=4)} {metric['unit']}")
    _console().print(table)


def print_comparison(one: KnownVersion, other: KnownVersion, comparison: Comparison) -> None:
    """Prints two versions side by side."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("", str(one.version.number), str(other.version.number), "difference"):
        table.add_column(title, overflow="fold")
    for label, (left, right) in comparison.facts.items():
        table.add_row(label, Text(left), Text(right), "" if left == right else "differs")
    for name, metric in comparison.metrics.items():
        left, right = (f"{value:.4f}" for value in metric.values)
        table.add_row(f"{name} {metric.unit}".strip(), left, right, f"{metric.difference:+.4f}")
    _console().print(table)
    if comparison.metrics and not comparison.same_data:
        _console().print("They were not evaluated on the same data: the differences of their metrics say little.")


def _console() -> Console:
    console = PlainConsole()
    if not console.is_terminal:  # a pipe has no width, and rich would fold at 80 columns
        console.width = 200
    return console


def _with_bounds(metric: dict[str, Any] | None, decimals: int) -> str:
    if metric is None:
        return UNKNOWN
    value = f"{metric['value']:.{decimals}f}"
    if metric["low"] is None:
        return value
    return f"{value} ({metric['low']:.{decimals}f} to {metric['high']:.{decimals}f})"
