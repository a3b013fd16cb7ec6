"""Writes the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.storage.files import write_whole
from pipeline.benchmarks.pair_faults import page
from pipeline.benchmarks.pair_faults.kinds import Kind
from pipeline.benchmarks.pair_faults.leave_one_out import HeldOut
from pipeline.benchmarks.pair_faults.page.charts import displacement_chart, roc_chart
from pipeline.benchmarks.pair_faults.page.examples import examples
from pipeline.benchmarks.pair_faults.rates import Row, Totals, totals
from pipeline.benchmarks.pair_faults.roc import Curve
from pipeline.report.html import page_environment, style_and_script

PAGE = "index.html"
_LINES = ("sub-pixel shift, one axis", "left half shifted", "block of 128 px shifted", "rolling shutter drift")


@dataclass(frozen=True, slots=True)
class Result:
    """What the page shows.

    Attributes:
        sets: Number of pairs of each set, by its name.
        kinds: The kinds.
        rows: Pooled rows.
        rows_by_set: Rows of each set.
        curves: Curves of the thresholds.
        held_out: Figures of each set with thresholds chosen on the others; empty where that was not asked for.
        limit: Most pairs that were taken from a set; None: all.
        date: When it was measured.
    """

    sets: Mapping[str, int]
    kinds: Sequence[Kind]
    rows: Sequence[Row]
    rows_by_set: Sequence[Row]
    curves: Sequence[Curve]
    held_out: Sequence[HeldOut]
    limit: int | None
    date: str

    @property
    def totals(self) -> Totals:
        """The totals over all sets."""
        return totals(self.rows)

    def totals_of(self, pairs: str) -> Totals:
        """Returns the totals of one set."""
        return totals([row for row in self.rows_by_set if row.pairs == pairs])

    def rows_of(self, kind: Kind) -> list[Row]:
        """Returns the pooled rows of one kind."""
        return [row for row in self.rows if row.kind == kind.name]


def write_page(result: Result, folder: Path) -> Path:
    """Writes `index.html`, which loads nothing from the network.

    Args:
        result: What it shows.
        folder: The folder; it is made where it is missing.

    Returns:
        Path of the page.
    """
    environment = page_environment(page.__name__)
    names = [name for name in _LINES if any(row.kind == name for row in result.rows)]
    text = environment.get_template("faults.html.j2").render(
        result=result,
        totals=result.totals,
        examples={example.kind.name: example for example in examples(list(result.kinds))},
        displacement=displacement_chart(result.rows, names) if names else None,
        displacement_names=names,
        curves=[(curve, roc_chart(curve)) for curve in result.curves],
        **style_and_script(environment, ("page.css", "faults.css"), "faults.js"),
    )
    write_whole(folder / PAGE, text)
    return folder / PAGE
