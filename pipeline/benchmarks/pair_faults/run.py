"""Draws every kind on every set, and measures and judges the drawn sets as `ast-restore data check` does."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from components.pair_validator.judging.judge import judge_pairs
from components.pair_validator.judging.measurement_store import MeasuredRecord
from components.pair_validator.measure_folder import measure_folder
from components.pair_validator.settings import PairSettings
from data.layouts.candidates import find_candidates
from data.layouts.layout import same_name
from data.storage.files import write_whole
from pipeline.benchmarks.pair_faults.drawing import SUFFIX, OpenSet, carriers, write_drawn
from pipeline.benchmarks.pair_faults.kinds import Kind, kinds
from pipeline.benchmarks.support.pair_sets import PairSet

UNTOUCHED = "as published"
"""The variation that is measured first: where a kind concerns a part of a set, the rest is taken from it."""

Codes = dict[str, tuple[str, ...]]
"""Codes of the reasons against each pair, by its name; none where it passed."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One set with one kind drawn on it at one strength.

    Attributes:
        pairs: Name of the set.
        kind: Name of the kind.
        strength: Its strength.
        drawn: Measurements of the drawn pairs.
        rest: Measurements of the pairs that lie beside them as published.
    """

    pairs: str
    kind: str
    strength: float
    drawn: tuple[MeasuredRecord, ...]
    rest: tuple[MeasuredRecord, ...]

    def judge(self, settings: PairSettings) -> tuple[Codes, Codes]:
        """Judges the set as a whole.

        Args:
            settings: Limits and thresholds.

        Returns:
            Codes of the drawn pairs, and of the rest.
        """
        records = sorted((*self.drawn, *self.rest), key=lambda record: (record.split, record.measurement.pair_id))
        # What `judge_measured` calls; its verdicts hold all measurements again, which takes three times as long.
        judged = judge_pairs(
            ((record.measurement, record.split, record.scene_id) for record in records),
            settings.thresholds,
            settings.limits,
        )
        codes = {each.pair_id: tuple(dict.fromkeys(reason.code for reason in each.reasons)) for each in judged}
        drawn, rest = ([record.measurement.pair_id for record in part] for part in (self.drawn, self.rest))
        return {name: codes[name] for name in drawn}, {name: codes[name] for name in rest}


def measure_all(
    sets: Sequence[PairSet], chosen: Sequence[Kind], store: Path | None, only: Callable[[Kind], float] | None = None
) -> Iterator[Sample]:
    """Draws and measures all kinds on all sets.

    Args:
        sets: The sets.
        chosen: The kinds.
        store: Folder of measurements: those that it holds are read and not taken again, new ones are added; None: no folder.
        only: Returns the one strength of a kind that is drawn; None: all of them.

    Yields:
        One sample per set, kind and strength.
    """
    with tempfile.TemporaryDirectory(prefix="pair-faults-") as scratch:
        for position, pairs in enumerate(sets, start=1):
            measuring = _Measuring(pairs, store / _safe(pairs.name) if store else None, Path(scratch))
            start = time.monotonic()
            for kind in chosen:
                yield from measuring.samples(kind, kind.all_strengths if only is None else (only(kind),))
            print(
                f"{pairs.name}: {len(pairs.pairs)} pairs, {time.monotonic() - start:.0f} s, set {position} of {len(sets)}",
                file=sys.stderr,
                flush=True,
            )


class _Measuring:
    """Measures the kinds on one set."""

    def __init__(self, pairs: PairSet, store: Path | None, scratch: Path) -> None:
        self._pairs = pairs
        self._store = store
        self._scratch = scratch
        self._opened: OpenSet | None = None
        self._untouched: dict[str, MeasuredRecord] | None = None

    def samples(self, kind: Kind, strengths: Sequence[float]) -> Iterator[Sample]:
        indexes = carriers(self._pairs, kind)
        if not indexes:
            return
        names = {self._pairs.pairs[index].name for index in indexes}
        for strength in strengths:
            drawn = self._measured(kind, strength, indexes)
            rest: tuple[MeasuredRecord, ...] = ()
            if kind.share < 1 or kind.keeps_original:
                beside = self._published()
                rest = tuple(beside[name] for name in beside if kind.keeps_original or name not in names)
            yield Sample(self._pairs.name, kind.name, strength, drawn, rest)

    def _published(self) -> dict[str, MeasuredRecord]:
        if self._untouched is None:
            kind = next(kind for kind in kinds() if kind.name == UNTOUCHED)
            records = self._measured(kind, kind.strengths[0], carriers(self._pairs, kind))
            self._untouched = {record.measurement.pair_id: record for record in records}
        return self._untouched

    def _measured(self, kind: Kind, strength: float, indexes: Sequence[int]) -> tuple[MeasuredRecord, ...]:
        file = self._store / f"{_safe(kind.name)}_{strength:g}.jsonl" if self._store else None
        wanted = {self._pairs.pairs[index].name + (SUFFIX if kind.keeps_original else "") for index in indexes}
        if file and file.is_file():
            with file.open(encoding="utf-8") as lines:
                held = tuple(MeasuredRecord.from_json(line) for line in lines)
            if {record.measurement.pair_id for record in held} == wanted:
                return held
        records = self._draw_and_measure(kind, strength, indexes)
        if file:
            write_whole(file, "".join(record.to_json() + "\n" for record in records))
        return records

    def _draw_and_measure(self, kind: Kind, strength: float, indexes: Sequence[int]) -> tuple[MeasuredRecord, ...]:
        self._opened = self._opened or OpenSet(self._pairs)
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            root = Path(folder)
            write_drawn(self._opened, indexes, kind, strength, root)
            layout = same_name()
            records = measure_folder(root, "", find_candidates(root, layout), PairSettings().limits)
            return tuple(_named(record) for record in records)


def _named(record: MeasuredRecord) -> MeasuredRecord:
    """Gives a record the name of its pair in the set, without folder and ending."""
    name = Path(record.input or record.target or "").stem
    return replace(record, measurement=replace(record.measurement, pair_id=name))


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)
