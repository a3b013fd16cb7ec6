"""The result of the benchmark as text and as JSON."""

from __future__ import annotations

from dataclasses import asdict

from pipeline.benchmarks.common import table
from pipeline.benchmarks.pair_faults.kinds import Kind, kinds
from pipeline.benchmarks.pair_faults.leave_one_out import printed_table
from pipeline.benchmarks.pair_faults.page.write import Result
from pipeline.benchmarks.pair_faults.rates import Row, smallest_displacement
from pipeline.benchmarks.pair_faults.roc import Curve
from pipeline.benchmarks.pair_faults.run import UNTOUCHED


def as_json(result: Result) -> dict[str, object]:
    """Returns the result as plain JSON values by name."""
    return {
        "sets": dict(result.sets),
        "totals": asdict(result.totals),
        "kinds": {kind.name: _about(kind) for kind in result.kinds},
        "rows": [asdict(row) for row in result.rows],
        "rows_by_set": [asdict(row) for row in result.rows_by_set],
        "curves": [asdict(curve) for curve in result.curves],
        "leave_one_out": [asdict(each) for each in result.held_out],
    }


def _about(kind: Kind) -> dict[str, object]:
    return {
        "is_fault": kind.is_fault,
        "sentence": kind.sentence,
        "unit": kind.unit,
        "strengths": list(kind.strengths),
        "reported_only": list(kind.graded),
        "codes": sorted(kind.codes),
    }


def printed(result: Result) -> str:
    """Returns the tables of faults and of valid variation, the curves and the totals as text."""
    by_name = {kind.name: kind for kind in kinds()}
    header = ("kind", "strength", "pairs", "flagged", "named", "most frequent codes")
    faults = [_cells(row, by_name[row.kind]) for row in result.rows if by_name[row.kind].is_fault]
    valid = [_cells(row, by_name[row.kind]) for row in result.rows if not by_name[row.kind].is_fault]
    parts = []
    if faults:
        parts += ["Faults (flagged: the more the better; * reported only)", table(header, faults)]
    parts += ["\nValid variation (flagged: the fewer the better)", table(header, valid)]
    if len(result.sets) > 1:
        parts += ["\nPairs as published, by set (alike: no_ground_truth from 40 dB on, rightly)", _by_set(result)]
    if result.curves:
        parts.append("\nRecall / false alarms as one threshold is scaled, each kind at its middle strength")
        parts += [_line(curve) for curve in result.curves]
    if result.held_out:
        parts.append("\nOne set left out at a time: shipped thresholds, and those chosen on the other sets")
        parts.append(printed_table(result.held_out))
    total = result.totals
    parts.append(
        f"\nMean recall {total.recall:.2%}, rightly named {total.named:.2%}; false alarms {total.false_alarms:.2%} of all "
        f"valid pairs, {total.untouched:.2%} of those as published"
    )
    parts.append(f"Smallest displacement found in 95%: of the whole picture {_pixels(total.displacement)}")
    moving = [name for name in dict.fromkeys(row.kind for row in result.rows) if by_name[name].displacement]
    parts += [f"  {name}: {_pixels(smallest_displacement(result.rows, (name,)))}" for name in moving]
    return "\n".join(parts)


def _by_set(result: Result) -> str:
    rows = [row for row in result.rows_by_set if row.kind == UNTOUCHED]
    header = ("set", "pairs", "flagged", "alike", "others", "codes")
    cells = [
        (
            row.pairs,
            row.count,
            row.flagged,
            row.alike,
            f"{row.flagged - row.alike} ({(row.flagged - row.alike) / max(1, row.count):.2%})",
            ", ".join(f"{code} {count}" for code, count in row.codes.items()),
        )
        for row in rows
    ]
    names = [f"  {name}" for row in rows for name in row.wrong]
    return "\n".join([table(header, cells), *names])


def _pixels(size: float | None) -> str:
    return "none" if size is None else f"{size:g} px"


def _line(curve: Curve) -> str:
    points = ", ".join(f"x{point.factor:g} {point.recall:.1%} / {point.false_alarms:.2%}" for point in curve.points)
    return f"  {curve.threshold}: {points}"


def _cells(row: Row, kind: Kind) -> tuple[object, ...]:
    strength = f"{row.strength:g} {kind.unit}" if kind.unit else ""
    star = "" if row.strength in kind.strengths else " *"
    codes = ", ".join(f"{code} {count}" for code, count in list(row.codes.items())[:3])
    named = f"{row.named_rate:.1%}" if kind.is_fault else ""
    return row.kind, strength + star, row.count, f"{row.rate:.1%}", named, codes
