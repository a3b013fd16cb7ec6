"""Measures how well the pair checks tell faults of a pair from valid variation.

    python -m pipeline.benchmarks.pair_faults [PAIRS_DIR] [--layout NAME] [--sets-root DIR ...] [--limit N] [--kinds TEXT ...]

Faults of more than thirty kinds and valid variation of more than twelve are drawn at graded strength on true pairs: those of
PAIRS_DIR, published sets below --sets-root, and rain, haze and raindrops drawn on the project's photographs, which need no
data. Each drawn set is measured and judged as by `ast-restore data check`. The result is the same in every run.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from components.pair_validator.settings import PairSettings
from data.errors import InputError
from data.layouts.choice import LayoutChoice
from data.layouts.detection import detect_layout
from data.layouts.layout import AUTO, INPUT_SIDES
from pipeline.benchmarks.common import command_line, table, write_result
from pipeline.benchmarks.pair_faults.kinds import Kind, kinds
from pipeline.benchmarks.pair_faults.rates import Row, Totals, pooled, rows_of, smallest_displacement, totals
from pipeline.benchmarks.pair_faults.run import UNTOUCHED, measure_all
from pipeline.benchmarks.support.pair_sets import PairSet, drawn_sets, folder_set, published_sets

_LIMIT = 24


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the benchmark.

    Args:
        arguments: Command line; None for that of the process.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        sets = [each.limited(options.limit or None) for each in chosen_sets(options)]
        chosen = chosen_kinds(options.kinds)
    except InputError as error:
        parser.error(str(error))
    samples = measure_all(sets, chosen, options.measurements)
    by_set = rows_of(samples, PairSettings())
    rows = pooled(by_set)
    print(_printed(rows, totals(rows)))
    write_result(
        options.json,
        {
            "sets": {each.name: len(each.pairs) for each in sets},
            "totals": asdict(totals(rows)),
            "kinds": {kind.name: {"is_fault": kind.is_fault, "sentence": kind.sentence} for kind in chosen},
            "rows": [asdict(row) for row in rows],
            "rows_by_set": [asdict(row) for row in by_set],
        },
    )


def chosen_sets(options: argparse.Namespace) -> list[PairSet]:
    """Returns the sets of pairs that the command line names.

    Args:
        options: The parsed command line.

    Raises:
        InputError: A folder holds no pairs, or its layout is not clear.
    """
    sets = published_sets(options.sets_root) if options.sets_root else []
    if options.pairs:
        choice = LayoutChoice(options.layout, options.input_dir, options.target_dir, options.input_side)
        folders = tuple(options.folder or ["."])
        sets.append(folder_set(options.pairs, detect_layout(choice, options.pairs, folders)[0], folders))
    return sets if options.no_drawn and sets else sets + drawn_sets()


def chosen_kinds(texts: Sequence[str]) -> list[Kind]:
    """Returns the kinds whose names contain one of some texts, and the pairs as published.

    Args:
        texts: Parts of names; none: all kinds.

    Raises:
        InputError: No kind has such a name.
    """
    chosen = [kind for kind in kinds() if not texts or any(text in kind.name for text in texts)]
    if not chosen:
        raise InputError(f"--kinds {' '.join(texts)}: no such kind; the names are {', '.join(k.name for k in kinds())}")
    untouched = [kind for kind in kinds() if kind.name == UNTOUCHED]
    return untouched + [kind for kind in chosen if kind.name != UNTOUCHED]


def _parser() -> argparse.ArgumentParser:
    parser = command_line(__doc__)
    parser.add_argument("pairs", nargs="?", type=Path, metavar="PAIRS_DIR", help="folder of true pairs")
    parser.add_argument(
        "--layout", default=AUTO, metavar="NAME", help="layout of PAIRS_DIR, as `data layouts` lists them"
    )
    parser.add_argument("--input-dir", help="folder of the inputs (layout same-name)")
    parser.add_argument("--target-dir", help="folder of the targets (layout same-name)")
    parser.add_argument("--input-side", choices=INPUT_SIDES, help="half that is the input (layout side-by-side)")
    parser.add_argument("--folder", action="append", help="sub-folder of PAIRS_DIR; may be given several times")
    parser.add_argument(
        "--sets-root",
        action="append",
        type=Path,
        metavar="DIR",
        help="folder of published sets, each under its name; may be given several times, the last with a set counts",
    )
    parser.add_argument("--no-drawn", action="store_true", help="leave the drawn sets out")
    parser.add_argument("--limit", type=int, default=_LIMIT, metavar="N", help=f"pairs of a set, 0 for all [{_LIMIT}]")
    parser.add_argument("--kinds", nargs="+", default=[], metavar="TEXT", help="only kinds whose names contain a text")
    parser.add_argument(
        "--measurements",
        type=Path,
        metavar="DIR",
        help="keep measurements here and read those that are there: to judge anew after a change of judging or thresholds",
    )
    return parser


def _printed(rows: Sequence[Row], total: Totals) -> str:
    by_name = {kind.name: kind for kind in kinds()}
    header = ("kind", "strength", "pairs", "flagged", "named", "most frequent codes")
    faults = [_cells(row, by_name[row.kind]) for row in rows if by_name[row.kind].is_fault]
    valid = [_cells(row, by_name[row.kind]) for row in rows if not by_name[row.kind].is_fault]
    parts = []
    if faults:
        parts += ["Faults (flagged: the more the better; * reported only)", table(header, faults)]
    parts += ["\nValid variation (flagged: the fewer the better)", table(header, valid)]
    found = "none" if total.displacement is None else f"{total.displacement:g} px"
    parts.append(
        f"\nMean recall {total.recall:.2%}, rightly named {total.named:.2%}; false alarms {total.false_alarms:.2%} of all "
        f"valid pairs, {total.untouched:.2%} of those as published; smallest displacement of the whole picture found in "
        f"95%: {found}"
    )
    moving = [name for name in dict.fromkeys(row.kind for row in rows) if by_name[name].displacement]
    for name in moving:
        size = smallest_displacement(rows, (name,))
        parts.append(f"  {name}: {'none' if size is None else f'from {size:g} px on'}")
    return "\n".join(parts)


def _cells(row: Row, kind: Kind) -> tuple[object, ...]:
    strength = f"{row.strength:g} {kind.unit}" if kind.unit else ""
    star = "" if row.strength in kind.strengths else " *"
    codes = ", ".join(f"{code} {count}" for code, count in list(row.codes.items())[:3])
    named = f"{row.named_rate:.1%}" if kind.is_fault else ""
    return row.kind, strength + star, row.count, f"{row.rate:.1%}", named, codes


if __name__ == "__main__":
    main()
