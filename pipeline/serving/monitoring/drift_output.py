"""The result of `ast-restore data drift` for the screen and as JSON."""

from __future__ import annotations

import json

from rich.table import Table

from components.pair_validator.drift.drift_file import Drift
from pipeline.serving.monitoring.drift import UNBOUNDED, LogDrift


def drift_json(drift: LogDrift) -> str:
    """Returns the comparison as JSON: images, against, drifted, and each feature with distance, threshold and drifted.

    Args:
        drift: The comparison of measurement logs with accepted statistics.
    """
    features = [feature.to_json() | {"drifted": feature.drifted} for feature in drift.comparison.drifts]
    values = {"images": drift.images, "against": drift.against, "drifted": drift.has_drifted, "features": features}
    return json.dumps(values, indent=1) + "\n"


def drift_table(drift: LogDrift) -> Table:
    """Returns a table with one row per measurement: distance (0 to 1), threshold and verdict.

    Args:
        drift: The comparison of measurement logs with accepted statistics.
    """
    table = Table(title=f"{drift.images} images against {drift.against}", title_justify="left")
    table.add_column("measurement")
    for name in ("distance", "threshold"):
        table.add_column(name, justify="right")
    table.add_column("")
    for feature in drift.comparison.drifts:
        threshold = f"{feature.threshold:.2f}" if _is_bounded(feature) else "-"
        table.add_row(feature.name, f"{feature.value:.3f}", threshold, _verdict(feature))
    return table


def _verdict(feature: Drift) -> str:
    if not _is_bounded(feature):
        return "not judged"
    return "drifted" if feature.drifted else "as in training"


def _is_bounded(feature: Drift) -> bool:
    return feature.threshold is not None and feature.threshold < UNBOUNDED
