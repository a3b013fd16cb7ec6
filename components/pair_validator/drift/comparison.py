"""Whether the measurements of a span are distributed as those of the span before: TFDV's judgement by the curated schema."""

from __future__ import annotations

from pathlib import Path

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.pair_validator.drift.drift_file import Comparison, Drift

# The name that TFX gives to the statistics of a split.
STATISTICS_FILE = "FeatureStats.pb"
# Of the reasons that TFDV may have, those that compare two sets of statistics.
_COMPARISONS = (
    anomalies_pb2.AnomalyInfo.COMPARATOR_L_INFTY_HIGH,
    anomalies_pb2.AnomalyInfo.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH,
)


def compare(statistics: Path, before: Path, schema: Path, split: str, min_pairs: int) -> Comparison:
    """Holds distributions against those of the span before, by the `drift_comparator`s of the schema.

    Args:
        statistics: Folder of the statistics artifact.
        before: Folder of the statistics of the previous span.
        schema: The curated schema, as text.
        split: The split whose distributions are compared; the others are too small to be.
        min_pairs: With fewer pairs on either side, distributions differ by chance, and nothing is said.
    """
    now, then = (_load(folder, split) for folder in (statistics, before))
    if now is None or then is None or min(_pairs(now), _pairs(then)) < min_pairs:
        return Comparison()
    expected: schema_pb2.Schema = tfdv.load_schema_text(str(schema))
    found = tfdv.validate_statistics(now, expected, previous_statistics=then)
    lines = tuple(
        f"{split}, measured {feature}, against {before.name}: {reason.description}"
        for feature, anomaly in sorted(found.anomaly_info.items())
        for reason in anomaly.reason
        if reason.type in _COMPARISONS
    )
    features = [
        Drift(
            name=".".join(info.path.step),
            value=measured.value,
            threshold=measured.threshold,
            against=before.name.replace("-", " "),
        )
        for info in found.drift_skew_info
        for measured in info.drift_measurements
    ]
    return Comparison(tuple(sorted(features, key=lambda drift: -(drift.value or 0.0))), lines)


def _load(folder: Path, split: str) -> statistics_pb2.DatasetFeatureStatisticsList | None:
    file = folder / f"Split-{split}" / STATISTICS_FILE
    return tfdv.load_stats_binary(str(file)) if file.is_file() else None


def _pairs(statistics: statistics_pb2.DatasetFeatureStatisticsList) -> int:
    return int(sum(dataset.num_examples for dataset in statistics.datasets))
