"""Leaves one set out at a time: thresholds are chosen on the other sets and reported on it, beside the shipped ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.pair_validator.settings import PairSettings
from pipeline.benchmarks.common import table
from pipeline.benchmarks.pair_faults.fitting import Fit, Judged, fit_thresholds, moved
from pipeline.benchmarks.pair_faults.rates import Totals, rows_of, totals
from pipeline.benchmarks.pair_faults.roc import at_middle_strength
from pipeline.benchmarks.pair_faults.run import Sample
from pipeline.benchmarks.support.pair_sets import DRAWN

RELATED: tuple[frozenset[str], ...] = (frozenset({"Rain100L", "R100H", "Rain200H"}), frozenset(DRAWN.values()))
"""Groups of sets that show the same scenes: they are left out together."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The figures on a set that was left out.

    Attributes:
        pairs: Name of the set.
        chosen_on: Sets on which the thresholds were chosen.
        shipped: Totals with the shipped thresholds.
        held_out: Totals with the thresholds that were chosen on the other sets.
        thresholds: Chosen thresholds that differ from the shipped ones.
    """

    pairs: str
    chosen_on: tuple[str, ...]
    shipped: Totals
    held_out: Totals
    thresholds: dict[str, float]


def training_sets(left_out: str, names: Sequence[str]) -> tuple[str, ...]:
    """Returns the sets on which thresholds may be chosen that are reported on another set.

    Args:
        left_out: The set that is left out.
        names: All sets.

    Returns:
        All sets without the scenes of the one that is left out; where there are none, all others.
    """
    related = next((group for group in RELATED if left_out in group), frozenset())
    others = tuple(name for name in names if name != left_out)
    return tuple(name for name in others if name not in related) or others


def leave_one_out(samples: Sequence[Sample], fit: Fit = fit_thresholds) -> list[HeldOut]:
    """Leaves each set out once.

    Args:
        samples: Samples of at least two sets, at all strengths; the choice sees one strength of each kind.
        fit: Chooses the settings on the training sets.

    Returns:
        One entry per set.
    """
    names = tuple(dict.fromkeys(sample.pairs for sample in samples))
    by_set = {name: [sample for sample in samples if sample.pairs == name] for name in names}
    judged = Judged({name: list(at_middle_strength(each)) for name, each in by_set.items()})
    results = []
    for name in names:
        chosen_on = training_sets(name, names)
        if not chosen_on:
            continue
        fitted = fit(judged, chosen_on)
        shipped, held_out = (totals(rows_of(by_set[name], settings)) for settings in (PairSettings(), fitted))
        results.append(HeldOut(name, chosen_on, shipped, held_out, moved(fitted)))
    return results


def printed_table(results: Sequence[HeldOut]) -> str:
    """Returns the figures as a table, with the shipped thresholds left of the held-out ones.

    Args:
        results: Result of `leave_one_out`.
    """
    header = ("set left out", "recall", "held out", "false alarms", "held out", "as published", "held out", "chosen")
    rows = [
        (
            each.pairs,
            f"{each.shipped.recall:.1%}",
            f"{each.held_out.recall:.1%}",
            f"{each.shipped.false_alarms:.2%}",
            f"{each.held_out.false_alarms:.2%}",
            f"{each.shipped.untouched:.2%}",
            f"{each.held_out.untouched:.2%}",
            ", ".join(f"{name} {value:.3g}" for name, value in each.thresholds.items()) or "as shipped",
        )
        for each in results
    ]
    return table(header, rows)
