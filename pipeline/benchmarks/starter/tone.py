"""Tries values of the limit of tone on real rain, restored by the starter.

    python -m pipeline.benchmarks.starter.tone DIR [DIR ...] [--limit 60] [--json FILE]

DIR holds published sets of paired images. Only those images are read on which something may be chosen; `measure` reports on
the others. A row has, for each set, the mean gain in dB and the share of the images that come out more than 0.5 dB worse.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.errors import InputError
from data.image.measures import psnr
from model_code.known_weights import STARTER
from pipeline.benchmarks.common import command_line, table, write_result
from pipeline.benchmarks.starter.measure import add_limit, chosen_on
from pipeline.benchmarks.support.pair_sets import published_sets
from pipeline.benchmarks.support.restored_pairs import HARM
from pipeline.restoring.options import Method
from pipeline.restoring.tone_limit import ToneLimit
from pipeline.screen.library_logs import quiet

RADII = (8, 16)
SHARES = (0.25, 0.35, 0.5, 0.7)
HEAVY = (0.05, 0.06, 1.0)
"""The last value never counts rain as heavy."""
_NONE = "no limit"


def gains(roots: Sequence[Path], limit: int) -> dict[str, dict[str, list[float]]]:
    """Restores pairs once, and limits the tone of the results in every way.

    Args:
        roots: Folders of published sets.
        limit: Most pairs of a set.

    Returns:
        Gains in dB, by the words for the limit and the set.

    Raises:
        InputError: There is no set in the folders.
    """
    from pipeline.restoring.model import ImageRestorer
    from pipeline.restoring.original_image import to_8_bits

    limits = [ToneLimit(*values) for values in itertools.product(RADII, SHARES, HEAVY)]
    restorer = ImageRestorer.load(Path(STARTER))
    found: dict[str, dict[str, list[float]]] = {}
    for each in published_sets(roots):
        for degraded, target in (pair.load() for pair in chosen_on(each).limited(limit).pairs):
            restored = restorer.restore(degraded, Method(limit_tone=False))
            results = {_NONE: restored} | {_words(tone): tone.apply(degraded, restored) for tone in limits}
            before = psnr(degraded, target)
            for words, result in results.items():
                found.setdefault(words, {}).setdefault(each.name, []).append(psnr(to_8_bits(result), target) - before)
    return found


def _words(limit: ToneLimit) -> str:
    heavy = f"heavy {limit.heavy}" if limit.heavy < 1.0 else "none heavy"
    return f"radius {limit.radius}, share {limit.share}, {heavy}"


def main() -> None:
    """Runs the benchmark."""
    parser = command_line(__doc__)
    parser.add_argument("roots", type=Path, nargs="+", metavar="DIR", help="folder of real sets")
    add_limit(parser)
    options = parser.parse_args()
    try:
        with quiet():
            found = gains(options.roots, options.limit)
    except InputError as error:
        sys.exit(f"tone: {error}")
    sets = list(found[_NONE])
    rows = [(words, *(_cell(by_set[name]) for name in sets)) for words, by_set in found.items()]
    print(table(("limit", *sets), rows))
    write_result(options.json, {"gains": found})


def _cell(values: Sequence[float]) -> str:
    worse = np.mean(np.asarray(values) < -HARM)
    return f"{np.mean(values):+.2f}, {worse:.1%}"


if __name__ == "__main__":
    main()
