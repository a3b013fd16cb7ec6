"""Recall and false alarms: of each set, kind and strength, of each kind, and in total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from components.pair_validator.settings import PairSettings
from pipeline.benchmarks.pair_faults.kinds import Kind, kinds
from pipeline.benchmarks.pair_faults.kinds.codes import COMPARING, NO_GROUND_TRUTH
from pipeline.benchmarks.pair_faults.run import UNTOUCHED, Codes, Sample

ALIKE = 40.0
"""PSNR from which on two images are all but the same, dB."""

FOUND = 0.95
"""Recall from which on a displacement counts as found."""


@dataclass(frozen=True, slots=True)
class Row:
    """The verdicts on one kind at one strength.

    Attributes:
        pairs: Name of the set; empty where sets are pooled.
        kind: Name of the kind.
        strength: Its strength.
        count: Number of drawn pairs.
        flagged: Drawn pairs that were quarantined for any reason that says something about the pair itself.
        named: Drawn pairs of which a reason names the fault rightly.
        rest: Number of the pairs that lie beside them as published.
        rest_flagged: Pairs among them that were quarantined, which are false alarms.
        codes: How many drawn pairs got each code.
        wrong: Names of the pairs with a wrong verdict.
        alike: Drawn pairs that were quarantined for `no_ground_truth` alone and whose images differ by `ALIKE` or less, so that
            the weather is all but invisible: rightly, even where the pair is a true one.
    """

    pairs: str
    kind: str
    strength: float
    count: int
    flagged: int
    named: int
    rest: int = 0
    rest_flagged: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()
    alike: int = 0

    @property
    def rate(self) -> float:
        """Share of the drawn pairs that were flagged, 0 to 1."""
        return self.flagged / self.count if self.count else 0.0

    @property
    def named_rate(self) -> float:
        """Share of the drawn pairs that were rightly named, 0 to 1."""
        return self.named / self.count if self.count else 0.0


def is_flagged(codes: Sequence[str], kind: Kind) -> bool:
    """Returns whether a pair counts as flagged: codes that compare pairs count only for kinds that are about them."""
    return any(code not in COMPARING or code in kind.codes for code in codes)


def row_of(sample: Sample, kind: Kind, settings: PairSettings, known: frozenset[str] = frozenset()) -> Row:
    """Judges a sample and counts its verdicts.

    Args:
        sample: The sample.
        kind: Its kind.
        settings: Limits and thresholds.
        known: Names of pairs that are no fair test of a variation that compares pairs: duplicates as published.

    Returns:
        The counts.
    """
    drawn, rest = sample.judge(settings)
    if kind.keeps_original and not kind.is_fault:
        drawn = {name: codes for name, codes in drawn.items() if name.partition("~")[0] not in known}
    flagged = {name for name, codes in drawn.items() if is_flagged(codes, kind)}
    return Row(
        pairs=sample.pairs,
        kind=kind.name,
        strength=sample.strength,
        count=len(drawn),
        flagged=len(flagged),
        named=sum(bool(kind.codes.intersection(codes)) for codes in drawn.values()) if kind.is_fault else 0,
        rest=len(rest),
        rest_flagged=0 if kind.keeps_original else sum(is_flagged(codes, kind) for codes in rest.values()),
        codes=dict(Counter(code for codes in drawn.values() for code in codes)),
        wrong=tuple(f"{sample.pairs}/{name}" for name in drawn if (name in flagged) != kind.is_fault),
        alike=sum(
            drawn.get(record.measurement.pair_id) == (NO_GROUND_TRUTH,)
            and (record.measurement.input_psnr or 0.0) >= ALIKE
            for record in sample.drawn
        ),
    )


def rows_of(samples: Iterable[Sample], settings: PairSettings | Callable[[str], PairSettings]) -> list[Row]:
    """Judges samples, set by set.

    Args:
        samples: The samples, those of one set after each other.
        settings: Limits and thresholds, or those for each set by its name.

    Returns:
        One row per sample.
    """
    by_name = {kind.name: kind for kind in kinds()}
    published: dict[str, frozenset[str]] = {}
    rows = []
    for sample in samples:
        chosen = settings(sample.pairs) if callable(settings) else settings
        if sample.kind == UNTOUCHED:
            published[sample.pairs] = _compared(sample.judge(chosen)[0])
        rows.append(row_of(sample, by_name[sample.kind], chosen, published.get(sample.pairs, frozenset())))
    return rows


def _compared(codes: Codes) -> frozenset[str]:
    return frozenset(name for name, each in codes.items() if COMPARING.intersection(each))


def pooled(rows: Iterable[Row]) -> list[Row]:
    """Adds up the rows of all sets for each kind and strength, in their order."""
    groups: dict[tuple[str, float], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.kind, row.strength), []).append(row)
    return [_sum(kind, strength, group) for (kind, strength), group in groups.items()]


def _sum(kind: str, strength: float, rows: Sequence[Row]) -> Row:
    codes = sum((Counter(row.codes) for row in rows), Counter[str]())
    return Row(
        pairs="",
        kind=kind,
        strength=strength,
        count=sum(row.count for row in rows),
        flagged=sum(row.flagged for row in rows),
        named=sum(row.named for row in rows),
        rest=sum(row.rest for row in rows),
        rest_flagged=sum(row.rest_flagged for row in rows),
        codes=dict(codes.most_common()),
        wrong=tuple(name for row in rows for name in row.wrong),
        alike=sum(row.alike for row in rows),
    )


@dataclass(frozen=True, slots=True)
class Totals:
    """The benchmark in a few numbers; only strengths that count are in them.

    Attributes:
        recall: Mean recall of the kinds of faults, each kind once, 0 to 1.
        named: Mean share of rightly named faults, likewise.
        false_alarms: Share of flagged pairs among all valid variation, 0 to 1.
        untouched: Share of flagged pairs among those as published, those beside a shared fault included.
        displacement: Smallest displacement of the whole picture, in pixels, from which on `FOUND` of the pairs are found; None
            where none is.
    """

    recall: float
    named: float
    false_alarms: float
    untouched: float
    displacement: float | None


def totals(rows: Sequence[Row]) -> Totals:
    """Returns the totals of pooled rows, or of the rows of one set.

    Args:
        rows: The rows.
    """
    by_name = {kind.name: kind for kind in kinds()}
    counted = [row for row in rows if row.count and row.strength in by_name[row.kind].strengths]
    faulty: dict[str, list[Row]] = {}
    for row in counted:
        if by_name[row.kind].is_fault:
            faulty.setdefault(row.kind, []).append(row)
    valid = [row for row in counted if not by_name[row.kind].is_fault]
    published = [(row.count, row.flagged) for row in valid if row.kind == UNTOUCHED]
    published += [(row.rest, row.rest_flagged) for row in counted if row.rest and not by_name[row.kind].keeps_original]
    return Totals(
        recall=_mean([_mean([row.rate for row in group]) for group in faulty.values()]),
        named=_mean([_mean([row.named_rate for row in group]) for group in faulty.values()]),
        false_alarms=sum(row.flagged for row in valid) / max(1, sum(row.count for row in valid)),
        untouched=sum(flagged for _, flagged in published) / max(1, sum(count for count, _ in published)),
        displacement=smallest_displacement(rows, ("shift", "sub-pixel shift", "sub-pixel shift, one axis")),
    )


def smallest_displacement(rows: Sequence[Row], names: Sequence[str]) -> float | None:
    """Returns the smallest drawn displacement at which, and above which, `FOUND` of the pairs are found.

    Args:
        rows: Rows, pooled or of one set.
        names: Kinds that displace.

    Returns:
        Pixels; None where the largest displacement is not found either.
    """
    by_name = {kind.name: kind for kind in kinds()}
    sizes: dict[float, list[Row]] = {}
    for row in rows:
        displacement = by_name[row.kind].displacement
        if row.kind in names and displacement is not None and row.count:
            sizes.setdefault(round(displacement(row.strength), 3), []).append(row)
    smallest = None
    for size in sorted(sizes, reverse=True):
        group = sizes[size]
        if sum(row.flagged for row in group) < FOUND * sum(row.count for row in group):
            break
        smallest = size
    return smallest


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
