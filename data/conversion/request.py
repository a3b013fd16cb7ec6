"""The request of a conversion."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from data.errors import InputError
from data.features import UNKNOWN
from data.image.codec.decoding import Limits
from data.layouts.layout import Layout
from data.severity import severity_of
from data.spans.official_split import OfficialSplit
from data.spans.splits import Shares


@dataclass(frozen=True, slots=True)
class ConvertRequest:
    """What to convert, and how.

    Attributes:
        source: Folder of the pairs.
        destination: Folder of the spans.
        layout: How pairs lie in the source (`data.layouts.choice.choose_layout`).
        folders: Sub-folders of the source in which the layout begins.
        name: Name of the data set (None: that of the source folder).
        degradation: "rain", "haze", "raindrop", ... or "unknown" (None: the layout's).
        severity: Severity of all pairs whose layout does not name one.
        span: Number of the span (None: the next).
        seed: Seed of the split.
        shares: Shares of the pairs that the splits get.
        official_split: The set's own split; without folders, scenes are split by `shares`.
        limits: Largest file that is read.
        max_side: Larger pairs are shrunk to this longest side in pixels; 0: none is.
        tiles: Pairs of the train split are cut into overlapping tiles of this side in pixels; 0: none is.
    """

    source: Path
    destination: Path
    layout: Layout
    folders: tuple[str, ...] = (".",)
    name: str | None = None
    degradation: str | None = None
    severity: str = UNKNOWN
    span: int | None = None
    seed: int = 0
    shares: Shares = field(default_factory=Shares)
    official_split: OfficialSplit = field(default_factory=lambda: OfficialSplit({}))
    limits: Limits = field(default_factory=Limits)
    max_side: int = 0
    tiles: int = 0

    def __post_init__(self) -> None:
        """Refuses a severity that no record may have.

        Raises:
            InputError: It stands for none of the four.
        """
        try:
            object.__setattr__(self, "severity", severity_of(self.severity))
        except ValueError as error:
            raise InputError(f"--{error}") from error

    @property
    def set_name(self) -> str:
        """Name of the data set, which every pair's id begins with."""
        return self.name or self.source.resolve().name
