"""Measuring paired records: what the executor maps over them."""

from __future__ import annotations

from components.pair_validator.measure import measure
from components.pair_validator.measured import MeasuredRecord
from components.pair_validator.settings import PairLimits
from data.records import PairRecord


def measure_record(serialized: bytes, split: str, limits: PairLimits) -> MeasuredRecord:
    """Measures one record.

    Args:
        serialized: A serialized paired record.
        split: The split it is in.
        limits: What may be decoded at all.
    """
    record = PairRecord.from_example(serialized)
    return MeasuredRecord(
        split=split,
        scene_id=record.scene_id,
        severity=record.severity,
        input=record.input_name,
        target=record.target_name,
        measurement=measure(record.pair_id, record.input_image, record.target_image, limits),
    )
