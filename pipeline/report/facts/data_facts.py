"""The data of a run: pairs of each split, quarantined pairs, and histograms of the measurements."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from components.pair_validator.judging.verdicts import QuarantineReason
from data.strict_model import FiniteOrNone, StrictModel


class SplitCounts(StrictModel):
    """Number of pairs and scenes in a split, and its pairs by severity; quarantined pairs are not counted."""

    name: str
    pairs: int
    scenes: int | None = None
    severities: dict[str, int] = Field(default_factory=dict)


class QuarantinedPair(StrictModel):
    """A quarantined pair, the names of its two files, and every reason."""

    pair_id: str
    input: str
    target: str
    reasons: tuple[QuarantineReason, ...] = ()


class Histogram(StrictModel):
    """Histogram of one measurement over pairs.

    Attributes:
        name: The measurement in words.
        unit: Its unit; empty where it has none.
        edges: Bounds of the bins, ascending, one more than there are bins.
        counts: Pairs in each bin, by series: one series for all pairs, or one each for a split or a span.
        threshold: The bound beyond which a pair is quarantined, in `unit`; None where there is none.
        caption: How to read it.

    Raises:
        ValueError: The edges do not ascend, or a series has not one count a bin.
    """

    name: str
    unit: str = ""
    edges: Annotated[tuple[float, ...], Field(min_length=2)]
    counts: dict[str, tuple[int, ...]]
    threshold: FiniteOrNone = None
    caption: str = ""

    @model_validator(mode="after")
    def _require_one_count_a_bin(self) -> Histogram:
        bins = len(self.edges) - 1
        if any(len(counts) != bins for counts in self.counts.values()):
            raise ValueError(f"histogram {self.name}: {len(self.edges)} edges need {bins} counts a series")
        if any(low >= high for low, high in pairwise(self.edges)):
            raise ValueError(f"histogram {self.name}: the edges do not ascend")
        return self
