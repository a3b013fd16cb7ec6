"""Measures the PairValidator's detection and false alarm rates on real pairs, and its speed.

    python -m pipeline.benchmarks.pair_validator DATA_DIR [--table FILE] [--json FILE]

DATA_DIR holds a `pairs.csv` with the columns dataset, input, target, kind and group; if `kind` contains "concat", input and
target are the halves of one image. Every true pair is judged as it is and with each corruption of `support.corruptions`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from components.pair_validator.judging import reasons
from components.pair_validator.judging.judge import judge_pair
from components.pair_validator.measuring.measure import measure
from components.pair_validator.settings import PairLimits, PairThresholds
from data.errors import InputError
from data.files import write_whole
from data.image.arrays import ImageU8
from data.image.files import encode_png
from pipeline.benchmarks.common import command_line, in_turns, table, write_result
from pipeline.benchmarks.support.corruptions import Pair
from pipeline.benchmarks.support.real_pairs import RealPair, kinds, read_pairs

SEED = 4
TRUE = "true pair"
FAKE = "published without ground truth"
ALL_BUT_HEAVY = "all but R100H"
# Codes about how the two images fit together; on a true pair each of them is a false alarm.
ALIGNMENT = frozenset(
    (
        reasons.MISALIGNED,
        reasons.FLIPPED,
        reasons.SCALED,
        reasons.SWAPPED,
        reasons.UNRELATED,
        reasons.NO_GROUND_TRUTH,
        reasons.SIZE_MISMATCH,
    )
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one pair, corrupted or not.

    Attributes:
        kind: Name of the corruption.
        dataset: Name of the data set.
        name: Name of the pair.
        codes: Codes of the reasons against it.
        expected: Codes of which one has to be among them; empty for a true pair.
        measurements: Its measurements, as plain JSON values by name.
    """

    kind: str
    dataset: str
    name: str
    codes: tuple[str, ...]
    expected: frozenset[str]
    measurements: dict[str, object]

    @property
    def is_caught(self) -> bool:
        """Whether the pair was quarantined for how its images fit together."""
        return bool(ALIGNMENT.intersection(self.codes))

    @property
    def is_rightly_named(self) -> bool:
        """Whether an expected reason is among those given."""
        return bool(self.expected.intersection(self.codes))


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of one kind of pairs in one data set.

    Attributes:
        kind: Name of the corruption.
        dataset: Name of the data set, or `ALL_BUT_HEAVY`.
        pairs: Number of pairs.
        quarantined: Share of pairs that were quarantined for how their images fit together.
        rightly_named: Share of pairs with an expected reason; None for true pairs.
        wrong: Names of the pairs with a wrong verdict.
    """

    kind: str
    dataset: str
    pairs: int
    quarantined: float
    rightly_named: float | None
    wrong: list[str]


def run(pairs: list[RealPair], thresholds: PairThresholds) -> Iterator[Outcome]:
    """Measures and judges all pairs, and all true pairs with each corruption.

    Args:
        pairs: Pairs from `read_pairs`.
        thresholds: Thresholds of the verdicts.
    """
    true = [pair for pair in pairs if pair.is_true]
    for pair in pairs:
        expected = frozenset[str]() if pair.is_true else frozenset({reasons.NO_GROUND_TRUTH})
        yield _outcome(TRUE if pair.is_true else FAKE, pair, pair.images, expected, thresholds)
    for kind, (corrupt, expected) in kinds(true).items():
        rng = np.random.default_rng(SEED)
        for pair in true:
            yield _outcome(kind, pair, corrupt(pair, rng), expected, thresholds)


def _outcome(kind: str, pair: RealPair, images: Pair, expected: frozenset[str], thresholds: PairThresholds) -> Outcome:
    degraded, clean = (encode_png(np.ascontiguousarray(image)) for image in images)
    measurement = measure(pair.name, degraded, clean)
    codes = tuple(reason.code for reason in judge_pair(measurement, thresholds))
    return Outcome(kind, pair.dataset, pair.name, codes, expected, measurement.to_json())


def rates(outcomes: list[Outcome]) -> list[Rates]:
    """Returns rates by kind and data set, and by kind over all sets but R100H."""
    rows = []
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
        of_kind = [outcome for outcome in outcomes if outcome.kind == kind]
        sets = sorted({outcome.dataset for outcome in of_kind})
        rows.append(_row(kind, ALL_BUT_HEAVY, [o for o in of_kind if o.dataset != "R100H"]))
        rows += [_row(kind, dataset, [o for o in of_kind if o.dataset == dataset]) for dataset in sets]
    return rows


def _row(kind: str, dataset: str, outcomes: list[Outcome]) -> Rates:
    count = max(1, len(outcomes))
    is_true = kind == TRUE
    return Rates(
        kind=kind,
        dataset=dataset,
        pairs=len(outcomes),
        quarantined=sum(outcome.is_caught for outcome in outcomes) / count,
        rightly_named=None if is_true else sum(outcome.is_rightly_named for outcome in outcomes) / count,
        wrong=[outcome.name for outcome in outcomes if outcome.is_caught == is_true],
    )


def throughput(pairs: list[RealPair]) -> dict[str, float]:
    """Times decoding both images of a pair alone, and measuring the pair, in one process.

    Args:
        pairs: Pairs from `read_pairs`; they are encoded as PNG, the most frequent format of a converted data set.

    Returns:
        `decode_ms` and `measure_ms` per pair, and `ratio`, the rate of measuring over the rate of decoding.
    """
    files = [(_compressed(pair.images[0]), _compressed(pair.images[1])) for pair in pairs]
    limits = PairLimits()

    def decode_all() -> None:
        for degraded, clean in files:
            _pixels(degraded), _pixels(clean)

    def measure_all() -> None:
        for degraded, clean in files:
            measure("", degraded, clean, limits)

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    # The best of three rounds, as another process may use the machine during one.
    seconds = {name: min(times) for name, times in in_turns({"decode": decode_all, "measure": measure_all}, 3).items()}
    cv2.setNumThreads(threads)
    milliseconds = {f"{name}_ms": 1e3 * value / len(files) for name, value in seconds.items()}
    return {**milliseconds, "ratio": seconds["decode"] / seconds["measure"]}


def _pixels(file: bytes) -> ImageU8:
    """Decodes only: no limit, no hash."""
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


def _compressed(image: ImageU8) -> bytes:
    """Returns a PNG with Pillow's default compression, as most published files have."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def markdown(rows: list[Rates], speed: dict[str, float]) -> str:
    """Returns a table by kind, with R100H beside all other sets, and the throughput below it, as Markdown."""
    lines = ["| pairs | quarantined, all sets but R100H | R100H |", "|---|---|---|"]
    for kind in dict.fromkeys(row.kind for row in rows):
        cells = {row.dataset: row for row in rows if row.kind == kind}
        others, heavy = (_cell(cells.get(name)) for name in (ALL_BUT_HEAVY, "R100H"))
        lines.append(f"| {kind} | {others} | {heavy} |")
    lines += ["", f"Measuring runs at {speed['ratio']:.0%} of the rate of decoding alone."]
    return "\n".join(lines) + "\n"


def _cell(row: Rates | None) -> str:
    if row is None or not row.pairs:
        return "-"
    return f"{round(row.quarantined * row.pairs)} of {row.pairs} ({row.quarantined:.1%})"


def _as_json(outcome: Outcome) -> dict[str, object]:
    return {
        "kind": outcome.kind,
        "name": outcome.name,
        "codes": list(outcome.codes),
        "measurements": outcome.measurements,
    }


def _print(rows: list[Rates], speed: dict[str, float]) -> None:
    print(
        table(("kind", "data set", "pairs", "quarantined", "rightly named", "wrong"), [_printed(row) for row in rows])
    )
    print(
        f"\nDecoding both images takes {speed['decode_ms']:.1f} ms per pair, measuring it {speed['measure_ms']:.1f} ms, "
        f"decoding included: {speed['ratio']:.0%} of the rate of decoding alone."
    )


def _printed(row: Rates) -> list[object]:
    named = "" if row.rightly_named is None else f"{row.rightly_named:.1%}"
    wrong = ", ".join(row.wrong[:3]) + (" ..." if len(row.wrong) > 3 else "")
    return [row.kind, row.dataset, row.pairs, f"{row.quarantined:.1%}", named, wrong]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the benchmark.

    Args:
        arguments: Command line; None for that of the process.
    """
    parser = command_line(__doc__)
    parser.add_argument("data", type=Path, metavar="DATA_DIR", help="folder with pairs.csv")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write the table by kind to this file, as Markdown")
    options = parser.parse_args(arguments)
    try:
        pairs = read_pairs(options.data)
    except InputError as error:
        parser.error(str(error))
    outcomes = list(run(pairs, PairThresholds()))
    rows, speed = rates(outcomes), throughput([pair for pair in pairs if pair.is_true][::4])
    _print(rows, speed)
    if options.table:
        write_whole(options.table, markdown(rows, speed))
    pairs_json = [_as_json(outcome) for outcome in outcomes]
    write_result(options.json, {"table": [asdict(row) for row in rows], "throughput": speed, "pairs": pairs_json})


if __name__ == "__main__":
    main()
