"""Functions that the executors map over records.

A Beam worker process imports this module, so that it must not import TFX, which takes ten seconds.
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
        split: The split of the record.
        limits: Limits checked before decoding.

    Returns:
        The measurement with the names and labels of the record.
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
    """Measures one record.

    Args:
        serialized: A serialized paired record.
        split: The split of the record.
        limits: Limits checked before decoding.

    Returns:
        The measurement as a serialized `tf.train.Example`.
    """
    return to_example(measure_record(serialized, split, limits))


def is_accepted(serialized: bytes, quarantined: frozenset[str]) -> bool:
    """Returns whether a serialized paired record is not quarantined.

    Args:
        serialized: A serialized paired record.
        quarantined: Ids of the quarantined pairs.
    """
    return PairRecord.from_example(serialized).pair_id not in quarantined
