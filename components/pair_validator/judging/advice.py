"""Explains a quarantine: which reasons made it up, which pairs show it, and what to set if these pairs are right."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from components.pair_validator.judging import remedies
from components.pair_validator.judging.measurement_store import MeasuredRecord, judge_measured
from components.pair_validator.judging.verdicts import PairVerdict, QuarantineReason
from components.pair_validator.settings import PairSettings

MOST_REASONS = 3
"""Reasons that are explained; a fourth is hardly why a set was refused."""

EXAMPLES = 3
"""Pairs named for each reason."""

SETTING = "pairs.thresholds."
"""Begins the name of a threshold in the configuration."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One reason behind a quarantine.

    Attributes:
        code: Its code.
        pairs: Number of pairs that it quarantined.
        examples: Ids of the first of them.
        thresholds: Thresholds with which these pairs pass, by name; empty where no threshold decides, or none helps.
        passing: Number of these pairs that pass with them.
        text: The reason against the first of them, in one sentence.
    """

    code: str
    pairs: int
    examples: tuple[str, ...]
    thresholds: dict[str, float] = field(default_factory=dict)
    passing: int = 0
    text: str = ""

    def options(self, prefix: str = f"--set {SETTING}") -> str:
        """Returns the options of a command line that let these pairs pass, such as "--set pairs.thresholds.max_shift=1.2".

        Args:
            prefix: What stands before each name.
        """
        return " ".join(f"{prefix}{name}={value:g}" for name, value in self.thresholds.items())

    @property
    def remedy(self) -> str:
        """What to do if the pairs are wrong, as a clause without a full stop."""
        return remedies.REMEDIES.get(self.code, remedies.UNKNOWN)

    def sentence(self, prefix: str = f"--set {SETTING}") -> str:
        """Returns what to do, if the pairs are right and if not, as a clause without a full stop.

        Args:
            prefix: What stands before the name of each threshold.
        """
        if not self.thresholds:
            return self.remedy
        share = "they pass" if self.passing == self.pairs else f"{self.passing} of {self.pairs} pass"
        return f"if these pairs are right: {self.options(prefix)} ({share}); if not: {self.remedy}"


def advise(
    measured: Iterable[MeasuredRecord], verdicts: Iterable[PairVerdict], settings: PairSettings
) -> tuple[Advice, ...]:
    """Explains the quarantine of a data set.

    Args:
        measured: All pairs, a store or a sequence in its order; iterated twice for each reason.
        verdicts: The verdicts on them; consumed once.
        settings: The settings behind the verdicts.

    Returns:
        The most frequent reasons, the most frequent first. The thresholds that they name were tried: the whole set was judged
        again with them.
    """
    failed: dict[str, _Failed] = {}
    for verdict in verdicts:
        for reason in verdict.reasons:
            failed.setdefault(reason.code, _Failed(reason.text)).add(verdict.pair_id, reason)
    most = sorted(failed.items(), key=lambda item: -len(item[1].ids))[:MOST_REASONS]
    return tuple(_tried(code, pairs, measured, settings) for code, pairs in most)


@dataclass(slots=True)
class _Failed:
    """The pairs that one code quarantined, and thresholds just beyond what was measured on them."""

    text: str
    ids: list[str] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)

    def add(self, pair_id: str, reason: QuarantineReason) -> None:
        if pair_id not in self.ids[-1:]:
            self.ids.append(pair_id)
        if reason.setting and isinstance(reason.measured, float) and isinstance(reason.threshold, float):
            value = _beyond(self.values.get(reason.setting), reason.measured, reason.threshold)
            self.values[reason.setting] = value


def _tried(code: str, failed: _Failed, measured: Iterable[MeasuredRecord], settings: PairSettings) -> Advice:
    """Judges the set again with other thresholds and counts the pairs that then pass."""
    plain = Advice(code, len(failed.ids), tuple(failed.ids[:EXAMPLES]), text=failed.text)
    if not failed.values:
        return plain
    try:
        thresholds = type(settings.thresholds).model_validate({**settings.thresholds.model_dump(), **failed.values})
    except ValidationError:  # beyond what the threshold may be
        return plain
    judged = judge_measured(measured, settings.model_copy(update={"thresholds": thresholds}))
    passing = len({verdict.pair_id for verdict in judged if verdict.ok}.intersection(failed.ids))
    return replace(plain, thresholds=failed.values if passing else {}, passing=passing)


def _beyond(so_far: float | None, measured: float, threshold: float) -> float:
    """Returns a round value just beyond a measured one, on the side on which the pair passes."""
    step = 10.0 ** (math.floor(math.log10(abs(measured))) - 2) if measured else 0.01
    if measured >= threshold:
        return max(so_far or -math.inf, round((math.floor(measured / step + 1e-9) + 1) * step, 10))
    below = round((math.ceil(measured / step - 1e-9) - 1) * step, 10)
    return min(math.inf if so_far is None else so_far, max(0.0, below) if measured >= 0 else below)
