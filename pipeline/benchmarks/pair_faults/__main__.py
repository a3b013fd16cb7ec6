"""Measures how well the pair checks tell faults of a pair from valid variation.

    python -m pipeline.benchmarks.pair_faults [PAIRS_DIR] [--layout NAME] [--sets-root DIR ...] [--limit N] [--kinds TEXT ...]
    python -m pipeline.benchmarks.pair_faults --sets-root DIR --leave-one-out [--middle]
    python -m pipeline.benchmarks.pair_faults --photographs DIR --no-drawn --limit 0 --kinds "as published"

Faults and valid variation of many kinds are drawn at graded strength on true pairs: those of
PAIRS_DIR, published sets below --sets-root, and rain, haze and raindrops drawn on the project's photographs, which need no
data. Each drawn set is measured and judged as by `ast-restore data check`. The result is the same in every run.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path

from components.pair_validator.settings import PairSettings
from data.errors import InputError
from data.layouts.choice import LayoutChoice
from data.layouts.detection import detect_layout
from data.layouts.layout import AUTO, INPUT_SIDES
from pipeline.benchmarks.common import command_line, write_result
from pipeline.benchmarks.pair_faults.kinds import Kind, kinds
from pipeline.benchmarks.pair_faults.leave_one_out import leave_one_out
from pipeline.benchmarks.pair_faults.page.write import Result, write_page
from pipeline.benchmarks.pair_faults.printing import as_json, printed
from pipeline.benchmarks.pair_faults.rates import pooled, rows_of
from pipeline.benchmarks.pair_faults.roc import at_middle_strength, curves, middle_strength
from pipeline.benchmarks.pair_faults.run import UNTOUCHED, Sample, measure_all
from pipeline.benchmarks.support.pair_sets import PairSet, drawn_sets, folder_set, published_sets
from pipeline.benchmarks.support.photograph_sets import HALVES, HELD, photograph_sets

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
    settings = PairSettings()
    samples: list[Sample] = []
    measured = measure_all(sets, chosen, options.measurements, only=middle_strength if options.middle else None)
    by_set = rows_of(_kept(measured, samples, options.leave_one_out), settings)
    result = Result(
        sets={each.name: len(each.pairs) for each in sets},
        kinds=chosen,
        rows=pooled(by_set),
        rows_by_set=by_set,
        curves=curves(list(at_middle_strength(samples)), settings),
        held_out=leave_one_out(samples) if options.leave_one_out else [],
        limit=options.limit or None,
        date=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    )
    print(printed(result))
    write_result(options.json, as_json(result))
    if options.page:
        print(f"page: {write_page(result, options.page)}")


def _kept(samples: Iterator[Sample], kept: list[Sample], is_all: bool) -> Iterator[Sample]:
    """Passes samples on and keeps those that are judged again: all, or those from which the curves are drawn."""
    for sample in samples:
        kept.extend([sample] if is_all else at_middle_strength([sample]))
        yield sample


def chosen_sets(options: argparse.Namespace) -> list[PairSet]:
    """Returns the sets of pairs that the command line names.

    Args:
        options: The parsed command line.

    Raises:
        InputError: A folder holds no pairs, or its layout is not clear.
    """
    sets = published_sets(options.sets_root) if options.sets_root else []
    if options.photographs:
        sets += photograph_sets(options.photographs, options.half, options.crops)
    if options.pairs:
        choice = LayoutChoice(options.layout, options.input_dir, options.target_dir, options.input_side)
        folders = tuple(options.folder or ["."])
        sets.append(folder_set(options.pairs, detect_layout(choice, options.pairs, folders)[0], folders))
    found = sets if options.no_drawn and sets else sets + drawn_sets()
    chosen = [each for each in found if not options.sets or any(text in each.name for text in options.sets)]
    if not chosen:
        raise InputError(f"--sets {' '.join(options.sets)}: no such set; there are {', '.join(e.name for e in found)}")
    return chosen


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
    parser.add_argument(
        "--photographs",
        type=Path,
        metavar="DIR",
        help="folder of clean photographs: rain, haze, drops and varied rain are drawn on crops of them, one set each",
    )
    parser.add_argument(
        "--half",
        choices=HALVES,
        default=HELD,
        help=f"photographs by the hash of their names: the half on which no rule was chosen, the other, or all [{HELD}]",
    )
    parser.add_argument("--crops", type=int, default=4, metavar="N", help="most crops of a photograph [4]")
    parser.add_argument("--sets", nargs="+", default=[], metavar="TEXT", help="only sets whose names contain a text")
    parser.add_argument("--no-drawn", action="store_true", help="leave the drawn sets out")
    parser.add_argument("--limit", type=int, default=_LIMIT, metavar="N", help=f"pairs of a set, 0 for all [{_LIMIT}]")
    parser.add_argument("--kinds", nargs="+", default=[], metavar="TEXT", help="only kinds whose names contain a text")
    parser.add_argument("--middle", action="store_true", help="only the middle strength of each kind, to save time")
    parser.add_argument(
        "--leave-one-out",
        action="store_true",
        help="also choose the thresholds on all sets but one and report them on that one, for each set in turn",
    )
    parser.add_argument(
        "--page", type=Path, metavar="DIR", help="write DIR/index.html: recall, curves, pictures of each kind"
    )
    parser.add_argument(
        "--measurements",
        type=Path,
        metavar="DIR",
        help="keep measurements here and read those that are there: to judge anew after a change of judging or thresholds",
    )
    return parser


if __name__ == "__main__":
    main()
