"""Fits the weights by which the pair checks tell the degraded image, and reports them on each set that the fit has not seen.

    python -m pipeline.benchmarks.pair_validator.roles [--sets-root DIR ...] [--store FILE] [--json FILE]

The sets are the published ones of `support.pair_sets` below each DIR, and the embedded photographs, which `role_kinds`
spoils. One set at a time is left out; its row comes from weights that were fitted on all others. A wholly swapped set, and one
with a tenth of its pairs swapped, are made by turning the signs of the cues, as an exchange of the images does.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.pair_validator.checks.roles import GENERAL, OF_A_SET, cue_vector
from components.pair_validator.judging import direction
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.measuring.planes import planes_of
from components.pair_validator.measuring.role_cues import measure_cues
from components.pair_validator.settings import PairThresholds
from data.parallel import ordered_map, track
from data.storage.files import write_whole
from pipeline.benchmarks.common import command_line, table, write_result
from pipeline.benchmarks.pair_validator.role_kinds import DEGRADING, OF_TASTE, ON_TOP, generator
from pipeline.benchmarks.support.pair_sets import Images, PairSet, TruePair, drawn_sets, published_sets

ON_TOP_OF = 34
"""Pairs of a published set that are changed further."""

SWAPS = 8
"""Times that a tenth of a set is drawn and swapped."""

# Weights in the fit: of a published set, of one that is changed further, of a kind of spoilt pictures, and of one of taste,
# which counts on each side.
_PUBLISHED, _CHANGED, _SPOILT, _TASTE = 4.0, 0.4, 1.0, 2.0
_FEW = 8
_RIDGE = 0.01
_TASTE_MARK = "taste: "
_SEED = 20

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """One pair: the set that is left out with it, the kind within it, and its cues."""

    left_out: str
    kind: str
    cues: list[float]


@dataclass(frozen=True, slots=True)
class Row:
    """What weights that have not seen a set say of it.

    Attributes:
        left_out: Name of the set.
        pairs: Number of its pairs.
        lowest: Lowest log odds of a pair that its input is the degraded one.
        median: Their median.
        verdict: What the set says of its layout as it is.
        verdict_swapped: The same where all pairs are swapped.
        false: Share of the true pairs that are held for swapped.
        found: Share of the swapped pairs that are found where a tenth is.
        false_beside: Share of the others that are held for swapped then.
    """

    left_out: str
    pairs: int
    lowest: float
    median: float
    verdict: str
    verdict_swapped: str
    false: float
    found: float
    false_beside: float


def measure(sets: Sequence[PairSet], photographs: PairSet) -> Iterator[Sample]:
    """Measures the cues of all pairs.

    Args:
        sets: Published sets.
        photographs: Pairs whose targets are spoilt.

    Yields:
        The samples.
    """
    jobs = [(pairs.name, pair, False) for pairs in sets for pair in pairs.pairs]
    jobs += [(pairs.name, pair, True) for pairs in sets for pair in pairs.limited(ON_TOP_OF).pairs]
    jobs += [("", pair, True) for pair in photographs.pairs]
    for samples in track(ordered_map(_samples, jobs), len(jobs), "measuring cues"):
        yield from samples


def _samples(job: tuple[str, TruePair, bool]) -> list[Sample]:
    name, pair, is_changed = job
    degraded, clean = pair.load()
    if not is_changed:
        return [_sample(name, "", (degraded, clean))]
    rng = generator(pair.name)
    if name:
        return [_sample(name, kind, (change(degraded, rng), clean)) for kind, change in ON_TOP.items()]
    spoilt = [_sample(kind, kind, (change(clean, rng), clean)) for kind, change in DEGRADING.items()]
    taste = [(_TASTE_MARK + kind, change) for kind, change in OF_TASTE.items()]
    return spoilt + [_sample(kind, kind, (change(clean, rng), clean)) for kind, change in taste]


def _sample(left_out: str, kind: str, images: Images) -> Sample:
    cues = cue_vector(PairMeasurement(kind, "ok", "ok", **asdict(measure_cues(*map(planes_of, images)))))
    if cues is None:
        raise ValueError(f"{left_out}: a pair without cues")
    return Sample(left_out, kind, [float(value) for value in cues])


def fit(samples: Sequence[Sample]) -> Vector:
    """Fits the weights: a logistic regression without a constant, since an exchange of the images turns every sign.

    Args:
        samples: The samples; those of taste count on both sides.

    Returns:
        Weights of `cue_vector`, those of the cues of a set 0.
    """
    cues = np.array([sample.cues[: len(GENERAL)] for sample in samples])
    counts = Counter((sample.left_out, sample.kind) for sample in samples)
    weight = np.array([_weight(sample, counts[sample.left_out, sample.kind]) for sample in samples])
    taste = np.array([sample.kind.startswith(_TASTE_MARK) for sample in samples])
    cues, weight = np.concatenate([cues, -cues[taste]]), np.concatenate([weight, weight[taste]])
    weights = np.zeros(len(GENERAL))
    for _ in range(50):
        likely = 1 / (1 + np.exp(-np.clip(cues @ weights, -30, 30)))
        gradient = cues.T @ (weight * (likely - 1)) + _RIDGE * weights
        curvature = (cues.T * (weight * likely * (1 - likely))) @ cues + _RIDGE * np.eye(len(weights))
        step = np.linalg.solve(curvature, gradient)
        weights -= step * min(1.0, 2 / max(float(np.abs(step).max()), 1e-12))
    return np.concatenate([weights, np.zeros(len(OF_A_SET))])


def _weight(sample: Sample, count: int) -> float:
    if sample.kind.startswith(_TASTE_MARK):
        share = _TASTE
    elif not sample.kind:
        share = _PUBLISHED
    else:
        share = _SPOILT if sample.kind == sample.left_out else _CHANGED
    # A set of two pairs says less than one of eight.
    return share / count * min(1.0, count / _FEW)


def rows(samples: Sequence[Sample]) -> Iterator[Row]:
    """Reports each set with weights that were fitted on all others.

    Args:
        samples: All samples.
    """
    for name in sorted({sample.left_out for sample in samples}):
        weights = fit([sample for sample in samples if sample.left_out != name])
        kinds = {sample.kind for sample in samples if sample.left_out == name}
        for kind in sorted(kinds):
            cues = np.array([sample.cues for sample in samples if (sample.left_out, sample.kind) == (name, kind)])
            yield _row(name if kind in ("", name) else f"{name}, input {kind}", cues, weights)


def _row(name: str, cues: Vector, weights: Vector) -> Row:
    own = cues @ weights
    rng = np.random.default_rng(_SEED)
    found, beside = [], []
    for _ in range(SWAPS):
        signs = np.ones(len(cues))
        signs[rng.choice(len(cues), max(1, round(len(cues) / 10)), replace=False)] = -1
        swapped = _swapped(cues * signs[:, None], weights)
        found.append(swapped[signs < 0].mean())
        beside.append(swapped[signs > 0].mean() if (signs > 0).any() else 0.0)
    return Row(
        left_out=name,
        pairs=len(cues),
        lowest=float(own.min()),
        median=float(np.median(own)),
        verdict=_verdict(cues, weights),
        verdict_swapped=_verdict(-cues, weights),
        false=float(_swapped(cues, weights).mean()),
        found=float(np.mean(found)),
        false_beside=float(np.mean(beside)),
    )


def _verdict(cues: Vector, weights: Vector) -> str:
    return direction.SetDirection("", len(cues), direction.pooled_log_odds(cues @ weights)).verdict


def _swapped(cues: Vector, weights: Vector) -> NDArray[np.bool_]:
    mask = np.zeros(len(cues), bool)
    threshold = PairThresholds().min_swap_evidence
    for index, _ in direction.swapped_pairs(cues, _verdict(cues, weights), threshold, weights):
        mask[index] = True
    return mask


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the benchmark.

    Args:
        arguments: Command line; None for that of the process.
    """
    parser = command_line(__doc__)
    parser.add_argument(
        "--sets-root", type=Path, action="append", default=[], metavar="DIR", help="folder of published sets"
    )
    parser.add_argument("--store", type=Path, metavar="FILE", help="read the cues from this file, or write them to it")
    options = parser.parse_args(arguments)
    if options.store and options.store.is_file():
        samples = [Sample(*values) for values in json.loads(options.store.read_text(encoding="utf-8"))]
    else:
        published = published_sets(options.sets_root) if options.sets_root else []
        samples = list(measure(published, drawn_sets()[0]))
        if options.store:
            write_whole(options.store, json.dumps([[s.left_out, s.kind, s.cues] for s in samples]))
    weights = fit(samples)
    print(
        table(("cue", "weight"), [(name, f"{value:.2f}") for (name, *_), value in zip(GENERAL, weights, strict=False)])
    )
    result = list(rows(samples))
    print(
        table(
            ("left out", "pairs", "lowest", "median", "verdict", "swapped", "false", "found", "beside"), _cells(result)
        )
    )
    write_result(options.json, {"weights": weights.tolist(), "rows": [asdict(row) for row in result]})


def _cells(result: Sequence[Row]) -> list[list[object]]:
    return [
        [
            row.left_out,
            row.pairs,
            f"{row.lowest:.2f}",
            f"{row.median:.2f}",
            row.verdict,
            row.verdict_swapped,
            f"{row.false:.2%}",
            f"{row.found:.1%}",
            f"{row.false_beside:.2%}",
        ]
        for row in result
    ]


if __name__ == "__main__":
    main()
