"""What ExampleValidator holds against the data."""

from __future__ import annotations

from pathlib import Path

from tensorflow_metadata.proto.v0 import anomalies_pb2


def found_anomalies(folder: Path, what: str = "") -> tuple[str, ...]:
    """Returns one line for each anomaly, naming its split and feature.

    Args:
        folder: Of the `anomalies` artifact; each split has a sub-folder with an `Anomalies` proto.
        what: Stands in front of a feature's name.
    """
    lines = []
    for file in sorted(folder.glob("Split-*/*.pb")):
        split = file.parent.name.removeprefix("Split-")
        anomalies = anomalies_pb2.Anomalies.FromString(file.read_bytes())
        if anomalies.HasField("dataset_anomaly_info"):
            lines.append(f"{split}: {what}{anomalies.dataset_anomaly_info.description}")
        for feature, anomaly in sorted(anomalies.anomaly_info.items()):
            lines.append(f"{split}, {what}{feature}: {anomaly.description}")
    return tuple(lines)
