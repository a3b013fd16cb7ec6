"""Functions that the executors map over records.

A Beam worker process imports this module, so that it must not import TFX, which takes ten seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from components.id_digests import is_packed
from components.pair_validator.judging.measurement_store import MeasuredRecord
from components.pair_validator.judging.verdicts import OK
from components.pair_validator.measurement_examples import from_example, to_example
from components.pair_validator.measuring.measure import measure
from components.pair_validator.settings import PairLimits
from data.records import PairRecord, pair_id_of


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


def quarantined_id(line: str) -> Iterator[str]:
    """Yields the id of a pair that is not ok.

    Args:
        line: A line of the file of verdicts.
    """
    verdict = json.loads(line)
    if verdict["verdict"] != OK:
        yield verdict["pair_id"]


def is_accepted(serialized: bytes, quarantined: bytes) -> bool:
    """Returns whether a serialized paired record is not quarantined.

    Args:
        serialized: A serialized paired record.
        quarantined: Ids of the quarantined pairs, packed.
    """
    return not quarantined or not is_packed(pair_id_of(serialized), quarantined)


def is_measurement_of(serialized: bytes, pairs: bytes) -> bool:
    """Returns whether a measurement is that of one of some pairs.

    Args:
        serialized: A measurement, a serialized `tf.train.Example`.
        pairs: Ids of the pairs, packed.
    """
    return is_packed(from_example(serialized).measurement.pair_id, pairs)
