"""Measures drift of the clients' images: compares a measurement log with the accepted statistics of the training data."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import tensorflow_data_validation as tfdv

from components.pair_validator.drift import accepted_statistics
from components.pair_validator.drift.comparison import STATISTICS_FILE, compare
from components.pair_validator.drift.drift_file import DriftComparison
from components.pair_validator.settings import DRIFT_SPLIT, PairPolicy
from data.errors import InputError
from pipeline.schemas import MEASUREMENT_SCHEMA
from pipeline.serving.monitoring.log_reading import Row, read_measurements

UNBOUNDED = 1.0
"""Threshold of a measurement for which the schema has none. No distance is larger, so it is shown and never judged."""

FEWEST_IMAGES = PairPolicy().min_drift_pairs
"""Fewest images, and fewest training pairs, whose distributions are compared: the policy's number for spans."""

_SPLIT_FOLDER = f"Split-{DRIFT_SPLIT}"


@dataclass(frozen=True, slots=True)
class LogDrift:
    """The comparison of measurement logs with accepted statistics.

    Attributes:
        images: Number of images in the logs.
        against: The accepted span, such as "span 10".
        comparison: Distances of the measurements, the largest first.
    """

    images: int
    against: str
    comparison: DriftComparison

    @property
    def has_drifted(self) -> bool:
        """Whether the distance of any measurement exceeds its threshold."""
        return any(feature.drifted for feature in self.comparison.drifts)


def drift_of(
    logs: Sequence[Path], data_set: Path, since: datetime | None = None, least: int = FEWEST_IMAGES
) -> LogDrift:
    """Compares measurement logs with the newest accepted statistics of a data set.

    Args:
        logs: Files that the server wrote, or folders of them.
        data_set: Folder of the data set's accepted statistics, with `span-N/` in it.
        since: Images that were logged before this time do not count; None: all count.
        least: Fewest images to compare.

    Raises:
        InputError: A log or the statistics are missing or damaged, or have too few images for a comparison.
    """
    accepted = _accepted(data_set)
    rows = [row for log in logs for row in read_measurements(log, since)]
    if len(rows) < least:
        raise InputError(
            f"{logs[0]}: {len(rows)} images{_counted_from(since)}, and the distributions of fewer than {least} "
            "differ by chance alone; give more logs, or wait"
        )
    with tempfile.TemporaryDirectory() as folder:
        features = _write_statistics(rows, Path(folder))
        schema = _write_schema(features, Path(folder))
        comparison = compare(Path(folder), accepted, schema, DRIFT_SPLIT, FEWEST_IMAGES)
    if not comparison.drifts:
        raise InputError(
            f"{accepted}: statistics of fewer than {FEWEST_IMAGES} pairs, too few to compare; accept a larger span"
        )
    return LogDrift(len(rows), accepted.name.replace("-", " "), comparison)


def _counted_from(since: datetime | None) -> str:
    return "" if since is None else f" since {since:%Y-%m-%d %H:%M} UTC"


def data_set_in(workspace: Path) -> Path:
    """Returns the folder of the accepted statistics of a workspace's only data set.

    Args:
        workspace: The workspace.

    Raises:
        InputError: The workspace has accepted statistics of no data set, or of several.
    """
    folder = workspace / "statistics"
    data_sets = sorted(path for path in folder.iterdir() if accepted_statistics.newest(path)) if folder.is_dir() else []
    if not data_sets:
        raise InputError(f"{folder}: no accepted statistics there; a run that accepts its data writes them")
    if len(data_sets) > 1:
        names = ", ".join(path.name for path in data_sets)
        raise InputError(f"{folder}: several data sets ({names}); name the folder of one with --statistics")
    return data_sets[0]


def _accepted(data_set: Path) -> Path:
    accepted = accepted_statistics.newest(data_set)
    if accepted is None or not (accepted / _SPLIT_FOLDER / STATISTICS_FILE).is_file():
        raise InputError(
            f"{data_set}: no span-N/{_SPLIT_FOLDER}/{STATISTICS_FILE} in it; name a folder below statistics/"
        )
    return accepted


def _write_statistics(rows: Sequence[Row], folder: Path) -> set[str]:
    """Writes TFDV's statistics in the layout of an artifact; returns the names of the features."""
    statistics = tfdv.generate_statistics_from_dataframe(pd.DataFrame(rows))
    path = folder / _SPLIT_FOLDER / STATISTICS_FILE
    path.parent.mkdir()
    path.write_bytes(statistics.SerializeToString())
    return set(rows[0])


def _write_schema(features: set[str], folder: Path) -> Path:
    """Writes the curated schema for the features of the log, each with a drift comparator, so that TFDV measures it."""
    schema = tfdv.load_schema_text(str(MEASUREMENT_SCHEMA))
    logged = [feature for feature in schema.feature if feature.name in features]
    del schema.feature[:]
    schema.feature.extend(logged)
    for feature in schema.feature:
        if not feature.HasField("drift_comparator"):
            feature.drift_comparator.jensen_shannon_divergence.threshold = UNBOUNDED
    path = folder / MEASUREMENT_SCHEMA.name
    tfdv.write_schema_text(schema, str(path))
    return path
