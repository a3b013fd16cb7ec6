"""The three steps over paired records: what the executor maps over them, and the judgement of the whole."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from components.pair_validator.judge import judge
from components.pair_validator.measure import PairMeasurement, measure
from components.pair_validator.settings import PairLimits, PairSettings
from components.pair_validator.verdicts import PairVerdict
from data.records import PairRecord


@dataclass(frozen=True, slots=True)
class MeasuredRecord:
    """A record without its images, and what was measured of them."""

    split: str
    scene_id: str
    severity: str
    input: str
    target: str
    measurement: PairMeasurement

    def to_json(self) -> str:
        """Returns one line of JSON."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> MeasuredRecord:
        """Reads back what `to_json` returned."""
        fields: dict[str, Any] = json.loads(line)
        fields["measurement"] = PairMeasurement.from_json(fields["measurement"])
        return cls(**fields)


def measure_record(serialized: bytes, split: str, limits: PairLimits) -> str:
    """Measures one record.

    Args:
        serialized: A serialized paired record.
        split: The split it is in.
        limits: What may be decoded at all.

    Returns:
        A `MeasuredRecord` as one line of JSON.
    """
    record = PairRecord.from_example(serialized)
    return MeasuredRecord(
        split=split,
        scene_id=record.scene_id,
        severity=record.severity,
        input=record.input_name,
        target=record.target_name,
        measurement=measure(record.pair_id, record.input_image, record.target_image, limits),
    ).to_json()


def judge_records(measured: Iterable[MeasuredRecord], settings: PairSettings) -> list[PairVerdict]:
    """Judges all records of a data set, each on its own and against the others.

    The order of records in their files is TFX's own, a shuffle; so that the same pair of two duplicates stays each time,
    they are judged in the order of their ids.

    Args:
        measured: All records of all splits.
        settings: Limits and thresholds.
    """
    ordered = sorted(measured, key=lambda record: (record.split, record.measurement.pair_id))
    judgements = judge(
        ((record.measurement, record.split, record.scene_id) for record in ordered),
        settings.thresholds,
        settings.limits,
    )
    return [
        PairVerdict(
            pair_id=record.measurement.pair_id,
            input=record.input,
            target=record.target,
            verdict=judgement.verdict,
            reasons=[dataclasses.asdict(reason) for reason in judgement.reasons],
            measurements=record.measurement.to_json(),
            split=record.split,
            scene_id=record.scene_id,
            severity=record.severity,
        )
        for record, judgement in zip(ordered, judgements, strict=True)
    ]
