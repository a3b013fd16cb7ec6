"""Compares the distributions of measurements in two spans, by the drift comparators of the schema."""

from __future__ import annotations

from pathlib import Path

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.pair_validator.drift.drift_file import Drift, DriftComparison
from components.pair_validator.measuring.pair_measurement import RENAMED_FIELDS

STATISTICS_FILE = "FeatureStats.pb"
"""Name of the file in which TFX's StatisticsGen writes the statistics of a split."""

# Reasons of TFDV that compare two sets of statistics; the others judge one set by the schema.
_COMPARISONS = (
    anomalies_pb2.AnomalyInfo.COMPARATOR_L_INFTY_HIGH,
    anomalies_pb2.AnomalyInfo.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH,
)


def compare(statistics: Path, before: Path, schema: Path, split: str, min_pairs: int) -> DriftComparison:
    """Compares the distributions of one split with those of an earlier span.

    Args:
        statistics: Folder of the ExampleStatistics artifact.
        before: Folder of the accepted statistics of the earlier span.
        schema: The curated schema, a text proto with `drift_comparator`s.
        split: The split to compare.
        min_pairs: Smallest number of pairs on each side; the distributions of fewer pairs differ by chance.

    Returns:
        The distance of each bounded measurement, and a line for each that exceeds its bound. Empty where a side is missing or
        has too few pairs.
    """
    now, then = (_load(folder, split) for folder in (statistics, before))
    if now is None or then is None or min(_pairs(now), _pairs(then)) < min_pairs:
        return DriftComparison()
    expected: schema_pb2.Schema = tfdv.load_schema_text(str(schema))
    validation = tfdv.validate_statistics(now, expected, previous_statistics=then)
    lines = tuple(
        f"{split}, measured {feature}, against {before.name}: {reason.description}"
        for feature, anomaly in sorted(validation.anomaly_info.items())
        for reason in anomaly.reason
        if reason.type in _COMPARISONS
    )
    drifts = [
        Drift(
            name=".".join(info.path.step),
            value=measured.value,
            threshold=measured.threshold,
            against=before.name.replace("-", " "),
        )
        for info in validation.drift_skew_info
        for measured in info.drift_measurements
    ]
    return DriftComparison(tuple(sorted(drifts, key=lambda drift: -(drift.value or 0.0))), lines)


def _load(folder: Path, split: str) -> statistics_pb2.DatasetFeatureStatisticsList | None:
    file = folder / f"Split-{split}" / STATISTICS_FILE
    if not file.is_file():
        return None
    statistics = tfdv.load_stats_binary(str(file))
    for dataset in statistics.datasets:
        for feature in dataset.features:
            # Spans that were accepted before 0.2.0 have the old names.
            feature.path.step[:] = [RENAMED_FIELDS.get(step, step) for step in feature.path.step]
    return statistics


def _pairs(statistics: statistics_pb2.DatasetFeatureStatisticsList) -> int:
    return int(sum(dataset.num_examples for dataset in statistics.datasets))
