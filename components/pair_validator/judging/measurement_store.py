"""A file of measured pairs, and their judgement. A pair takes a few hundred bytes of memory."""

from __future__ import annotations

import dataclasses
import json
import sys
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from components.pair_validator.checks.across_pairs import NearPairs, near_scenes
from components.pair_validator.judging.direction import set_of
from components.pair_validator.judging.judge import judge_sets
from components.pair_validator.judging.verdicts import PairVerdict
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.settings import PairSettings


@dataclass(frozen=True, slots=True)
class MeasuredRecord:
    """The measurement of a pair, with its names and labels.

    Attributes:
        split: Split of the pair; empty where the data has none.
        scene_id: Scene of the pair; empty where it is unknown.
        severity: Severity of the degradation, such as "heavy".
        input: Name of the degraded image in its data set; None where it is missing.
        target: Name of the clean image; None where it is missing.
        measurement: Measurement of both images.
    """

    split: str
    scene_id: str
    severity: str
    input: str | None
    target: str | None
    measurement: PairMeasurement

    def to_json(self) -> str:
        """Returns the record as one line of JSON."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return json.dumps(fields | {"measurement": self.measurement.to_json()})

    @classmethod
    def from_json(cls, line: str | bytes) -> MeasuredRecord:
        """Returns the record that `to_json` wrote.

        Args:
            line: One line of JSON.
        """
        fields: dict[str, Any] = json.loads(line)
        fields["measurement"] = PairMeasurement.from_json(fields["measurement"])
        fields["split"] = sys.intern(fields["split"])  # one text for all pairs
        return cls(**fields)


class MeasurementStore:
    """A temporary file of measured pairs, iterated in the order of split and id.

    Records arrive in any order, because TFX shuffles examples. The fixed order keeps the same one of two duplicates in every
    run.
    """

    def __init__(self, file: Path) -> None:
        """Creates the file.

        Args:
            file: Path of the file; it is overwritten.
        """
        self._file = file.open("w+b")
        self._offsets = array("q")

    def __enter__(self) -> MeasurementStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._offsets)

    def fill(self, measured: Iterable[MeasuredRecord]) -> None:
        """Writes records, in place of those that are there.

        Args:
            measured: The records, in any order.
        """
        places: list[tuple[str, str, int]] = []
        self._file.seek(0)
        self._file.truncate()
        for record in measured:
            places.append((sys.intern(record.split), record.measurement.pair_id, self._file.tell()))
            self._file.write(record.to_json().encode() + b"\n")
        places.sort()
        self._offsets = array("q", (offset for *_, offset in places))

    def __iter__(self) -> Iterator[MeasuredRecord]:
        for offset in self._offsets:
            self._file.seek(offset)
            yield MeasuredRecord.from_json(self._file.readline())


def judge_measured(
    measured: Iterable[MeasuredRecord], settings: PairSettings, near: NearPairs = near_scenes
) -> Iterator[PairVerdict]:
    """Judges all pairs of a data set, each on its own and against the others.

    Args:
        measured: All pairs of all splits, a store or a sequence in its order; iterated twice.
        settings: Limits and thresholds in force.
        near: Finds the near scenes.

    Yields:
        One verdict per pair, in the order of the store.
    """
    judgements = judge_sets(
        ((record.measurement, record.split, record.scene_id) for record in measured),
        settings.thresholds,
        settings.limits,
        near,
    )
    for record, judgement in zip(measured, judgements.pairs, strict=True):
        direction = judgements.directions.get(set_of(judgement.pair_id))
        yield PairVerdict(
            pair_id=record.measurement.pair_id,
            input=record.input,
            target=record.target,
            verdict=judgement.verdict,
            reasons=judgement.reasons,
            measurements=record.measurement.to_json(),
            split=record.split,
            scene_id=record.scene_id,
            severity=record.severity,
            direction=direction.verdict if direction else "",
        )
