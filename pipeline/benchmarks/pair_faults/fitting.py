"""Chooses thresholds on some sets, so that they can be reported on another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from components.pair_validator.settings import PairSettings
from pipeline.benchmarks.pair_faults.rates import Row, pooled, rows_of, totals
from pipeline.benchmarks.pair_faults.run import Sample

SamplesBySet = Mapping[str, Sequence[Sample]]

Fit = Callable[["Judged", Sequence[str]], PairSettings]
"""Chooses settings on sets: (samples and their judge, names of the sets that may be used) -> settings."""

ALARM_WEIGHT = 10.0
"""Points of mean recall that one point of false alarms is worth."""

FACTORS = (0.7, 1.4)
"""Factors by which a threshold is moved, one step at a time."""

MAX_STEPS = 6
"""Most moves of thresholds in one fit."""

_LEAST_GAIN = 0.002
"""A move that lowers the loss by less is chance."""


@dataclass
class Judged:
    """Samples by set, with the rows of all settings that were tried: many fits try the same ones.

    Attributes:
        samples: The samples of each set, at one strength of each kind.
    """

    samples: SamplesBySet
    _rows: dict[tuple[str, str], list[Row]] = field(default_factory=dict)

    def rows(self, names: Sequence[str], settings: PairSettings) -> list[Row]:
        """Returns the pooled rows of some sets.

        Args:
            names: Names of the sets.
            settings: Limits and thresholds.
        """
        key = settings.thresholds.model_dump_json()
        for name in names:
            if (name, key) not in self._rows:
                self._rows[name, key] = rows_of(self.samples[name], settings)
        return pooled(row for name in names for row in self._rows[name, key])


def loss(rows: Sequence[Row]) -> float:
    """Returns the missed share of the faults plus the false alarms, weighted; smaller is better.

    Args:
        rows: Pooled rows.
    """
    figures = totals(rows)
    return (1 - figures.recall) + ALARM_WEIGHT * figures.false_alarms


def fit_thresholds(judged: Judged, names: Sequence[str]) -> PairSettings:
    """Moves one threshold after the other, beginning at the shipped ones, as long as the loss on some sets falls.

    Args:
        judged: Samples by set.
        names: Sets on which the thresholds are chosen; no other is looked at.

    Returns:
        The settings with the smallest loss.
    """
    settings = PairSettings()
    best = loss(judged.rows(names, settings))
    for _ in range(MAX_STEPS):
        candidates = [(loss(judged.rows(names, each)), index, each) for index, each in enumerate(_moves(settings))]
        smallest, _, chosen = min(candidates)
        if smallest > best - _LEAST_GAIN:
            break
        best, settings = smallest, chosen
    return settings


def _moves(settings: PairSettings) -> list[PairSettings]:
    """Returns the settings that differ in one threshold by one factor."""
    return [
        settings.model_copy(update={"thresholds": settings.thresholds.model_copy(update={name: value * factor})})
        for name, value in settings.thresholds
        if isinstance(value, float)
        for factor in FACTORS
    ]


def moved(settings: PairSettings) -> dict[str, float]:
    """Returns the thresholds that differ from the shipped ones, by name.

    Args:
        settings: Fitted settings.
    """
    shipped = PairSettings().thresholds
    return {name: value for name, value in settings.thresholds if value != getattr(shipped, name)}
