"""What a run found out about its data as a whole: how what was measured spreads, and how far it has drifted."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from data.strict_model import FiniteOrNone, StrictModel


class Histogram(StrictModel):
    """How a measurement of the pairs spreads.

    Attributes:
        name: What was measured, as a person reads it.
        unit: Its unit; empty where it has none.
        edges: Bounds of the bins, ascending, one more than there are bins.
        counts: Pairs in each bin, by the name of the series: one for the data, or one a split or a span.
        threshold: The bound beyond which a pair is quarantined; None where there is none.
        caption: What there is to see in it.
    """

    name: str
    unit: str = ""
    edges: Annotated[tuple[float, ...], Field(min_length=2)]
    counts: dict[str, tuple[int, ...]]
    threshold: FiniteOrNone = None
    caption: str = ""

    @model_validator(mode="after")
    def _one_count_a_bin(self) -> Histogram:
        if any(len(counts) != len(self.edges) - 1 for counts in self.counts.values()):
            raise ValueError(
                f"histogram {self.name}: {len(self.edges)} edges need {len(self.edges) - 1} counts a series"
            )
        if any(low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError(f"histogram {self.name}: the edges do not ascend")
        return self
