"""Prints the comparison of a shadow with production."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from components.gate.bootstrap import Interval
from pipeline.screen.plain_console import PlainConsole
from pipeline.serving.rollout.shadow.comparison import IN_BOUNDS, OUT_OF_BOUNDS, UNDECIDED, Comparison, Judged, Verdict

_JUDGED = {
    "failed": "images that fail",
    "slowdown": "time, shadow / production",
    "odd": "odd images beyond production's",
}
_UNITS = {"psnr": "dB", "colour": "ΔE00", "change": "levels", "brightness": "levels"}
_VERDICTS: dict[Verdict, str] = {
    IN_BOUNDS: "in bounds: nothing here speaks against the shadow. No target is known, so this does not say which model "
    "restores better.",
    OUT_OF_BOUNDS: "out of bounds: the shadow is worse than allowed, beyond chance. Do not bring it to production.",
    UNDECIDED: "undecided: so few images leave it open whether the shadow is in bounds. Let the server run on.",
}


def print_comparison(comparison: Comparison, others: int) -> None:
    """Prints the comparison.

    Args:
        comparison: The comparison.
        others: Images in the log that other models restored.
    """
    console = PlainConsole()
    if not console.is_terminal:  # a pipe has no width, and rich would fold at 80 columns
        console.width = 200
    console.print(
        f"{comparison.shadow} beside version {comparison.production}: {comparison.images} images"
        + (f" (and {others} of other models, left out)" if others else ""),
        highlight=False,
    )
    console.print(_table("judged", [_judged_row(each) for each in comparison.judged], "limit", "verdict"))
    if comparison.errors:
        console.print(
            "errors: " + ", ".join(f"{name} {count}" for name, count in comparison.errors.items()), highlight=False
        )
    if comparison.between:
        rows = [_row(name, interval) for name, interval in comparison.between.items()]
        console.print(_table("between both answers", rows))
        measured = [
            (*_row(name, interval), str(comparison.odd_measures[name]))
            for name, interval in comparison.differences.items()
        ]
        console.print(_table("against the input, shadow - production", measured, "odd images"))
    console.print(_VERDICTS[comparison.verdict], highlight=False)


def _table(title: str, rows: Sequence[tuple[str, ...]], *more: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(title, min_width=39)
    for name in ("mean", "95 % bounds", *more):
        table.add_column(name, justify="left" if name == "verdict" else "right")
    for row in rows:
        table.add_row(*row)
    return table


def _judged_row(judged: Judged) -> tuple[str, ...]:
    if judged.name == "slowdown":
        value, low, high, limit = (f"{each:.2f}" for each in (judged.value, judged.low, judged.high, judged.limit))
    else:
        value, low, high, limit = (f"{each:.1%}" for each in (judged.value, judged.low, judged.high, judged.limit))
    return _JUDGED[judged.name], value, f"{low} to {high}", limit, judged.verdict


def _row(name: str, interval: Interval) -> tuple[str, str, str]:
    label = f"{name} {_UNITS[name]}" if name in _UNITS else name
    return label, f"{interval.mean:.3f}", f"{interval.low:.3f} to {interval.high:.3f}"
