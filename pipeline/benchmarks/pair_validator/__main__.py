"""Measures the PairValidator's detection and false alarm rates on real pairs, and its speed.

    python -m pipeline.benchmarks.pair_validator DATA_DIR [--speed] [--table FILE] [--json FILE]

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
from data.image.arrays import ImageU8
from data.image.codec.files import encode_png
from data.storage.files import write_whole
from pipeline.benchmarks.common import command_line, in_turns, table, write_result
from pipeline.benchmarks.support.corruptions import Pair
from pipeline.benchmarks.support.real_pairs import RealPair, kinds, read_pairs

SEED = 4
# Rounds in which decoding and measuring are timed in turns.
ROUNDS = 5
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


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a pair is measured beside decoding it, in one process and one thread.

    Attributes:
        format: Format of the files.
        decode_ms: Decoding both images alone, milliseconds per pair, median of the rounds.
        measure_ms: Measuring the pair, decoding included, likewise.
        ratio: Rate of measuring over the rate of decoding, median over the rounds, in each of which both were timed.
    """

    format: str
    decode_ms: float
    measure_ms: float
    ratio: float


def throughput(pairs: list[RealPair], rounds: int = ROUNDS) -> list[Speed]:
    """Times decoding both images of a pair alone, and measuring the pair, in turns.

    Args:
        pairs: Pairs from `read_pairs`; they are encoded by Pillow, as PNG with its default compression, and as JPEG with
            quality 92.
        rounds: Rounds of both.

    Returns:
        The speed for PNG and for JPEG.
    """
    limits = PairLimits()
    speeds = []
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        for name, options in (("PNG", {}), ("JPEG", {"quality": 92})):
            files = [tuple(_compressed(image, name, options) for image in pair.images) for pair in pairs]

            def decode_all(files: Sequence[tuple[bytes, ...]] = files) -> None:
                for degraded, clean in files:
                    _pixels(degraded), _pixels(clean)

            def measure_all(files: Sequence[tuple[bytes, ...]] = files) -> None:
                for degraded, clean in files:
                    measure("", degraded, clean, limits)

            seconds = in_turns({"decode": decode_all, "measure": measure_all}, rounds)
            decode, measured = (np.array(seconds[kind]) for kind in ("decode", "measure"))
            decode_ms, measure_ms = (1e3 * float(np.median(times)) / len(files) for times in (decode, measured))
            speeds.append(Speed(name, decode_ms, measure_ms, float(np.median(decode / measured))))
    finally:
        cv2.setNumThreads(threads)
    return speeds


def _pixels(file: bytes) -> ImageU8:
    """Decodes only: no limit, no hash."""
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


def _compressed(image: ImageU8, name: str, options: dict[str, int]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, name, **options)
    return buffer.getvalue()


def markdown(rows: list[Rates], speeds: list[Speed]) -> str:
    """Returns a table by kind, with R100H beside all other sets, and the throughput below it, as Markdown."""
    lines = ["| pairs | quarantined, all sets but R100H | R100H |", "|---|---|---|"]
    for kind in dict.fromkeys(row.kind for row in rows):
        cells = {row.dataset: row for row in rows if row.kind == kind}
        others, heavy = (_cell(cells.get(name)) for name in (ALL_BUT_HEAVY, "R100H"))
        lines.append(f"| {kind} | {others} | {heavy} |")
    lines += [""] + [
        f"Measuring {each.format} runs at {each.ratio:.0%} of the rate of decoding alone." for each in speeds
    ]
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


def _print(rows: list[Rates], speeds: list[Speed]) -> None:
    if rows:
        header = ("kind", "data set", "pairs", "quarantined", "rightly named", "wrong")
        print(table(header, [_printed(row) for row in rows]) + "\n")
    for each in speeds:
        print(
            f"Decoding both images of a pair ({each.format}) takes {each.decode_ms:.1f} ms, measuring it "
            f"{each.measure_ms:.1f} ms, decoding included: {each.ratio:.0%} of the rate of decoding alone."
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
    parser.add_argument("--speed", action="store_true", help="time measuring beside decoding only, for PNG and JPEG")
    options = parser.parse_args(arguments)
    try:
        pairs = read_pairs(options.data)
    except InputError as error:
        parser.error(str(error))
    outcomes = [] if options.speed else list(run(pairs, PairThresholds()))
    rows, speeds = rates(outcomes), throughput([pair for pair in pairs if pair.is_true][::4])
    _print(rows, speeds)
    if options.table:
        write_whole(options.table, markdown(rows, speeds))
    pairs_json = [_as_json(outcome) for outcome in outcomes]
    write_result(
        options.json,
        {"table": [asdict(row) for row in rows], "throughput": [asdict(each) for each in speeds], "pairs": pairs_json},
    )


if __name__ == "__main__":
    main()
