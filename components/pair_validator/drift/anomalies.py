"""Reads the anomalies that TFX's ExampleValidator found."""

from __future__ import annotations

from pathlib import Path

from tensorflow_metadata.proto.v0 import anomalies_pb2


def read_anomalies(folder: Path, prefix: str = "") -> tuple[str, ...]:
    """Reads an ExampleAnomalies artifact.

    Args:
        folder: Folder of the artifact; each split has a sub-folder with an `Anomalies` proto.
        prefix: Text in front of each feature name, such as "measured ".

    Returns:
        One line per anomaly, with its split and feature.
    """
    lines = []
    for file in sorted(folder.glob("Split-*/*.pb")):
        split = file.parent.name.removeprefix("Split-")
        anomalies = anomalies_pb2.Anomalies.FromString(file.read_bytes())
        if anomalies.HasField("dataset_anomaly_info"):
            lines.append(f"{split}: {prefix}{anomalies.dataset_anomaly_info.description}")
        for feature, anomaly in sorted(anomalies.anomaly_info.items()):
            lines.append(f"{split}, {prefix}{feature}: {anomaly.description}")
    return tuple(lines)
