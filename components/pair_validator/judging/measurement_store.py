"""Measured pairs on disk, and their judgement: what is in memory of a pair is a few hundred bytes, however many there are."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from components.pair_validator.judging.judge import judge
from components.pair_validator.judging.verdicts import PairVerdict
from components.pair_validator.measuring.measure import PairMeasurement
from components.pair_validator.settings import PairSettings


@dataclass(frozen=True, slots=True)
class MeasuredRecord:
    """What is known of a pair beside its pixels, and what was measured of them.

    Attributes:
        split: The split it is in; empty where there are none.
        scene_id: Its scene; empty where it is not known.
        severity: Its severity.
        input: Name of the degraded image in its data set; None where there is none.
        target: Name of the clean image; None where there is none.
        measurement: Of its pixels.
    """

    split: str
    scene_id: str
    severity: str
    input: str | None
    target: str | None
    measurement: PairMeasurement

    def to_json(self) -> str:
        """Returns one line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, line: str | bytes) -> MeasuredRecord:
        """Reads back what `to_json` returned."""
        fields: dict[str, Any] = json.loads(line)
        fields["measurement"] = PairMeasurement.from_json(fields["measurement"])
        return cls(**fields)


class Spool:
    """Measured pairs in a file, read back in the order of split and id as often as needed.

    Records come in an order that is not theirs (TFX shuffles what it ingests); of two duplicates the same one has to stay
    each time.
    """

    def __init__(self, file: Path) -> None:
        """Makes an empty spool.

        Args:
            file: Where the records lie while it is in use.
        """
        self._file = file.open("w+b")
        self._places: list[tuple[str, str, int]] = []

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    def fill(self, measured: Iterable[MeasuredRecord]) -> None:
        """Adds records as they come."""
        self._file.seek(0, 2)
        for record in measured:
            self._places.append((record.split, record.measurement.pair_id, self._file.tell()))
            self._file.write(record.to_json().encode() + b"\n")
        self._places.sort()

    def __iter__(self) -> Iterator[MeasuredRecord]:
        for *_, place in self._places:
            self._file.seek(place)
            yield MeasuredRecord.from_json(self._file.readline())


def judge_measured(measured: Spool, settings: PairSettings) -> Iterator[PairVerdict]:
    """Judges all pairs of a data set, each on its own and against the others.

    Args:
        measured: All pairs of all splits; read twice.
        settings: Limits and thresholds.

    Yields:
        One verdict a pair, in the spool's order.
    """
    judgements = judge(
        ((record.measurement, record.split, record.scene_id) for record in measured),
        settings.thresholds,
        settings.limits,
    )
    for record, judgement in zip(measured, judgements, strict=True):
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
        )
