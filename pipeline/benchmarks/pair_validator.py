"""How much the PairValidator finds and how often it is wrong, measured on real pairs that anyone may have.

    python -m pipeline.benchmarks.pair_validator DATA_DIR [--json FILE] [--table FILE]

DATA_DIR holds a `pairs.csv` with the columns dataset, input, target, kind and group; where `kind` says "concat", input and
target are the halves of one picture. Every true pair is measured as it is and spoilt in each of the ways of `corruptions`.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image as PilImage

from components.pair_validator.judging import reasons
from components.pair_validator.judging.judge import judge_pair
from components.pair_validator.measuring.measure import measure
from components.pair_validator.settings import PairLimits, PairThresholds
from data.errors import InputError
from data.files import write_whole
from pipeline.benchmarks.corruptions import Image, Pair
from pipeline.benchmarks.real_pairs import RealPair, kinds, read_pairs

SEED = 4
TRUE = "true pair"
FAKE = "published without ground truth"
# Codes that count as a false alarm on a true pair: everything that speaks of how the two images fit together.
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
    """What became of one pair, spoilt or not.

    Attributes:
        kind: How it was spoilt.
        dataset: Its data set.
        name: Its name.
        codes: Codes of the reasons against it.
        expected: The codes of which one is right; empty for a true pair.
        measurements: What was measured.
    """

    kind: str
    dataset: str
    name: str
    codes: tuple[str, ...]
    expected: frozenset[str]
    measurements: dict[str, Any]

    @property
    def caught(self) -> bool:
        """Whether it was quarantined for how its images fit together."""
        return bool(ALIGNMENT.intersection(self.codes))

    @property
    def named(self) -> bool:
        """Whether the right reason was among those given."""
        return bool(self.expected.intersection(self.codes))


def run(pairs: list[RealPair], thresholds: PairThresholds) -> Iterator[Outcome]:
    """Measures and judges all pairs as they are and spoilt in every way.

    Args:
        pairs: As `read_pairs` returned them.
        thresholds: To judge by.
    """
    true = [pair for pair in pairs if pair.true]
    for pair in pairs:
        expected = frozenset[str]() if pair.true else frozenset({reasons.NO_GROUND_TRUTH})
        yield _outcome(TRUE if pair.true else FAKE, pair, pair.images, expected, thresholds)
    for kind, (spoil, expected) in kinds(true).items():
        random = np.random.default_rng(SEED)
        for pair in true:
            yield _outcome(kind, pair, spoil(pair, random), expected, thresholds)


def _outcome(kind: str, pair: RealPair, images: Pair, expected: frozenset[str], thresholds: PairThresholds) -> Outcome:
    measurement = measure(pair.name, _png(images[0]), _png(images[1]))
    codes = tuple(reason.code for reason in judge_pair(measurement, thresholds))
    return Outcome(kind, pair.dataset, pair.name, codes, expected, measurement.to_json())


def _png(image: Image) -> bytes:
    encoded, blob = cv2.imencode(".png", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not encoded:
        raise InputError(f"an image of shape {image.shape} cannot be encoded")
    return blob.tobytes()


def table(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """Counts outcomes by kind and data set, and by kind over all sets but R100H."""
    rows = []
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
        of_kind = [outcome for outcome in outcomes if outcome.kind == kind]
        sets = sorted({outcome.dataset for outcome in of_kind})
        rows.append(_row(kind, "all but R100H", [o for o in of_kind if o.dataset != "R100H"]))
        rows += [_row(kind, dataset, [o for o in of_kind if o.dataset == dataset]) for dataset in sets]
    return rows


def _row(kind: str, dataset: str, outcomes: list[Outcome]) -> dict[str, Any]:
    count = max(1, len(outcomes))
    good = kind == TRUE
    return {
        "kind": kind,
        "dataset": dataset,
        "pairs": len(outcomes),
        "quarantined": sum(outcome.caught for outcome in outcomes) / count,
        "rightly_named": None if good else sum(outcome.named for outcome in outcomes) / count,
        "wrong": [o.name for o in outcomes if o.caught == good],
    }


def throughput(pairs: list[RealPair]) -> dict[str, float]:
    """Times decoding both images of a pair alone, and measuring the pair, in one process.

    Args:
        pairs: As `read_pairs` returned them; encoded as PNG, which is what a converted data set mostly holds.

    Returns:
        `decode_ms` and `measure_ms` a pair, and `ratio`, the rate of measuring over that of decoding.
    """
    blobs = [(_compressed(pair.images[0]), _compressed(pair.images[1])) for pair in pairs]
    limits = PairLimits()
    seconds = {"decode": float("inf"), "measure": float("inf")}
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    for _ in range(3):  # the best of three: another process may have had the machine
        start = time.perf_counter()
        for one, two in blobs:
            _pixels(one), _pixels(two)
        middle = time.perf_counter()
        for one, two in blobs:
            measure("", one, two, limits)
        seconds["decode"] = min(seconds["decode"], middle - start)
        seconds["measure"] = min(seconds["measure"], time.perf_counter() - middle)
    cv2.setNumThreads(threads)
    return {
        "decode_ms": 1e3 * seconds["decode"] / len(blobs),
        "measure_ms": 1e3 * seconds["measure"] / len(blobs),
        "ratio": seconds["decode"] / seconds["measure"],
    }


def _pixels(blob: bytes) -> Image:
    """Decodes and does nothing else: no limit, no hash."""
    return np.asarray(PilImage.open(io.BytesIO(blob)).convert("RGB"))


def _compressed(image: Image) -> bytes:
    buffer = io.BytesIO()
    PilImage.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def main(arguments: list[str] | None = None) -> None:
    """Runs the benchmark from the command line.

    Args:
        arguments: Instead of those of the process.
    """
    parser = argparse.ArgumentParser(prog="python -m pipeline.benchmarks.pair_validator", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA_DIR", help="folder with pairs.csv")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write table, throughput and all measurements there")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write the table there, as Markdown")
    options = parser.parse_args(arguments)
    try:
        pairs = read_pairs(options.data)
    except InputError as error:
        parser.error(str(error))
    outcomes = list(run(pairs, PairThresholds()))
    rows, speed = table(outcomes), throughput([pair for pair in pairs if pair.true][::4])
    _print(rows, speed)
    if options.json:
        content = {"table": rows, "throughput": speed, "pairs": [_as_json(outcome) for outcome in outcomes]}
        write_whole(options.json, json.dumps(content, indent=1))
    if options.table:
        write_whole(options.table, markdown(rows, speed))


def markdown(rows: list[dict[str, Any]], speed: dict[str, float]) -> str:
    """Returns the table by kind, R100H beside all other sets, and the throughput below it."""
    lines = ["| pairs | quarantined, all sets but R100H | R100H |", "|---|---|---|"]
    for kind in dict.fromkeys(row["kind"] for row in rows):
        cells = {row["dataset"]: row for row in rows if row["kind"] == kind}
        others, heavy = (_cell(cells.get(name)) for name in ("all but R100H", "R100H"))
        lines.append(f"| {kind} | {others} | {heavy} |")
    lines += ["", f"Measuring runs at {speed['ratio']:.0%} of the rate of decoding alone."]
    return "\n".join(lines) + "\n"


def _cell(row: dict[str, Any] | None) -> str:
    if row is None or not row["pairs"]:
        return "-"
    return f"{round(row['quarantined'] * row['pairs'])} of {row['pairs']} ({row['quarantined']:.1%})"


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "kind": outcome.kind,
        "name": outcome.name,
        "codes": list(outcome.codes),
        "measurements": outcome.measurements,
    }


def _print(rows: list[dict[str, Any]], speed: dict[str, float]) -> None:
    print(f"{'kind':32}{'set':16}{'pairs':>6}{'quarantined':>13}{'named':>9}  wrong")
    for row in rows:
        named = "" if row["rightly_named"] is None else f"{row['rightly_named']:.1%}"
        wrong = ", ".join(row["wrong"][:3]) + (" ..." if len(row["wrong"]) > 3 else "")
        print(f"{row['kind']:32}{row['dataset']:16}{row['pairs']:6}{row['quarantined']:13.1%}{named:>9}  {wrong}")
    print(
        f"decoding both images: {speed['decode_ms']:.1f} ms a pair; measuring it, decoding included: "
        f"{speed['measure_ms']:.1f} ms; rate {speed['ratio']:.0%} of decoding alone"
    )


if __name__ == "__main__":
    main()
