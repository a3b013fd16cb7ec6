"""Recall against false alarms as one threshold after the other is scaled; no pair is measured again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from components.pair_validator.settings import PairSettings, PairThresholds
from pipeline.benchmarks.pair_faults.kinds import Kind, kinds
from pipeline.benchmarks.pair_faults.rates import Row, pooled, rows_of, totals
from pipeline.benchmarks.pair_faults.run import Sample

FACTORS = (0.25, 0.5, 0.7, 0.85, 1.0, 1.2, 1.4, 2.0, 4.0)
"""Factors of a threshold, the shipped one among them."""

_MOVED = 0.02
"""Least change of a kind's rate over all factors for a threshold to count as one of that kind."""


@dataclass(frozen=True, slots=True)
class Point:
    """The checks with one threshold scaled.

    Attributes:
        factor: Factor of the threshold.
        value: The scaled threshold.
        recall: Mean recall of the kinds of faults that the threshold moves, 0 to 1.
        false_alarms: Share of flagged pairs among all valid variation, 0 to 1.
    """

    factor: float
    value: float
    recall: float
    false_alarms: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The curve of one threshold.

    Attributes:
        threshold: Its name.
        moved: Kinds of faults whose recall changes with it.
        points: One point for each of `FACTORS`.
    """

    threshold: str
    moved: tuple[str, ...]
    points: tuple[Point, ...]


def middle_strength(kind: Kind) -> float:
    """Returns the strength of a kind at which curves are drawn: the middle one of those that count, else the largest."""
    return kind.strengths[len(kind.strengths) // 2] if kind.strengths else kind.all_strengths[-1]


def at_middle_strength(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Yields the samples at the middle strength of their kind."""
    middle = {kind.name: middle_strength(kind) for kind in kinds()}
    return (sample for sample in samples if sample.strength == middle[sample.kind])


def curves(samples: Sequence[Sample], settings: PairSettings) -> list[Curve]:
    """Scales each threshold by each factor and judges all samples again.

    Args:
        samples: Samples, at one strength of each kind.
        settings: The settings whose thresholds are scaled.

    Returns:
        The curves of the thresholds that move the recall of a kind or the false alarms.
    """
    shipped = pooled(rows_of(samples, settings))
    drawn = []
    for name, value in settings.thresholds:
        if not isinstance(value, float):
            continue  # numbers of pixels and the like are limits, not a sensitivity
        scaled = [shipped if factor == 1 else _judged(samples, settings, name, value * factor) for factor in FACTORS]
        curve = _curve(name, value, scaled)
        if curve is not None:
            drawn.append(curve)
    return drawn


def _judged(samples: Sequence[Sample], settings: PairSettings, name: str, value: float) -> list[Row]:
    thresholds = PairThresholds.model_validate({**settings.thresholds.model_dump(), name: value})
    return pooled(rows_of(samples, settings.model_copy(update={"thresholds": thresholds})))


def _curve(name: str, value: float, scaled: Sequence[Sequence[Row]]) -> Curve | None:
    fault_names = {kind.name for kind in kinds() if kind.is_fault and kind.strengths}
    rates = {kind: [row.rate for rows in scaled for row in rows if row.kind == kind] for kind in fault_names}
    moved = {kind for kind, values in rates.items() if values and max(values) - min(values) >= _MOVED}
    alarms = [totals(rows).false_alarms for rows in scaled]
    if not moved and max(alarms) == min(alarms):
        return None
    chosen = moved or fault_names
    points = []
    for factor, rows, share in zip(FACTORS, scaled, alarms, strict=True):
        recalls = [row.rate for row in rows if row.kind in chosen]
        points.append(Point(factor, value * factor, sum(recalls) / max(1, len(recalls)), share))
    return Curve(name, tuple(kind.name for kind in kinds() if kind.name in moved), tuple(points))
