"""What the executors map over paired records.

A worker process that is sent one of these functions imports this module to find it, so nothing here imports TFX, which would
take each worker ten seconds.
"""

from __future__ import annotations

from components.pair_validator.judging.measurement_store import MeasuredRecord
from components.pair_validator.measurement_examples import to_example
from components.pair_validator.measuring.measure import measure
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


def measured_example(serialized: bytes, split: str, limits: PairLimits) -> bytes:
    """Returns what was measured of one serialized paired record, as a serialized Example."""
    return to_example(measure_record(serialized, split, limits))


def is_accepted(serialized: bytes, left_out: frozenset[str]) -> bool:
    """Whether a serialized paired record is none of those that are left out, by their ids."""
    return PairRecord.from_example(serialized).pair_id not in left_out
