"""Measures starter weights, or another model, on real pairs.

    python -m pipeline.benchmarks.starter.measure DIR [DIR ...] [--model MODEL] [--limit 40] [--json FILE]

DIR holds published sets of paired images. They are restored as `ast-restore restore` does, by the starter for rain
unless MODEL is given, such as starter:haze. Images on which the ranges of the drawn rain were chosen are left out.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from data.errors import InputError
from model_code.known_weights import STARTER
from pipeline.benchmarks.common import command_line, table, write_result
from pipeline.benchmarks.support.pair_sets import PairSet, TruePair, published_sets
from pipeline.benchmarks.support.restored_pairs import Scores, score_pairs
from pipeline.screen.library_logs import quiet

_CHOSEN_ON = {"Rain100L": "", "R100H": "", "Rain200H": "", "Rain1400_xmu": "", "Rain800": "rain_training_"}
"""Sets on whose images of even number the ranges of the drawn rain were chosen, with the start of those images' names."""


def reported(pairs: PairSet) -> PairSet:
    """Returns the pairs of a set on which nothing was chosen.

    Args:
        pairs: The set.
    """
    if pairs.name not in _CHOSEN_ON:
        return pairs
    start = _CHOSEN_ON[pairs.name]
    kept = tuple(pair for pair in pairs.pairs if not (pair.name.startswith(start) and _is_even(pair)))
    return dataclasses.replace(pairs, pairs=kept)


def chosen_on(pairs: PairSet) -> PairSet:
    """Returns the other pairs of a set: those on which something may be chosen.

    Args:
        pairs: The set.
    """
    kept = {pair.name for pair in reported(pairs).pairs}
    return dataclasses.replace(pairs, pairs=tuple(pair for pair in pairs.pairs if pair.name not in kept))


def _is_even(pair: TruePair) -> bool:
    return int(re.findall(r"\d+", pair.name)[-1]) % 2 == 0


def measure(model: Path, roots: Sequence[Path], limit: int) -> dict[str, Scores]:
    """Restores and scores real pairs.

    Args:
        model: Folder of a SavedModel, or the word for a starter.
        roots: Folders of published sets.
        limit: Most pairs of a set, taken evenly from all that are reported.

    Returns:
        The scores by set.

    Raises:
        InputError: There is no set in the folders, or no model.
    """
    return {
        each.name: score_pairs(model, (pair.load() for pair in reported(each).limited(limit).pairs))
        for each in published_sets(roots)
    }


def print_scores(scores: dict[str, Scores]) -> None:
    """Prints a table of scores.

    Args:
        scores: The scores by set.
    """
    print(table(Scores.HEADER, [each.row(name) for name, each in scores.items()]))


def add_limit(parser: argparse.ArgumentParser) -> None:
    """Adds the option `--limit`.

    Args:
        parser: The command line.
    """
    parser.add_argument("--limit", type=int, default=40, help="most pairs of a real set; default: 40")


def main() -> None:
    """Runs the benchmark."""
    parser = command_line(__doc__)
    parser.add_argument("roots", type=Path, nargs="+", metavar="DIR", help="folder of real sets")
    parser.add_argument(
        "--model",
        type=Path,
        default=Path(STARTER),
        help="folder of a SavedModel, starter or starter:haze; default: starter",
    )
    add_limit(parser)
    options = parser.parse_args()
    try:
        with quiet():
            scores = measure(options.model, options.roots, options.limit)
    except InputError as error:
        sys.exit(f"measure: {error}")
    print_scores(scores)
    write_result(options.json, {"scores": {name: each.as_dict() for name, each in scores.items()}})


if __name__ == "__main__":
    main()
