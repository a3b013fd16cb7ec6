"""Whether what clients send is like what the model was trained on: a measurement log against accepted statistics."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import tensorflow_data_validation as tfdv

from components.pair_validator.drift import accepted_statistics
from components.pair_validator.drift.comparison import STATISTICS_FILE, compare
from components.pair_validator.drift.drift_file import DriftComparison
from components.pair_validator.measuring.measure import INPUT_ALONE
from components.pair_validator.settings import DRIFT_SPLIT, PairPolicy
from data.errors import InputError
from pipeline.schemas import MEASUREMENT_SCHEMA

UNBOUNDED = 1.0
"""The threshold of a measurement for which the schema has none: no distance is larger, so it is shown and never judged."""

_SPLIT_FOLDER = f"Split-{DRIFT_SPLIT}"


@dataclass(frozen=True, slots=True)
class LogDrift:
    """What came of it.

    Attributes:
        images: Lines in the logs.
        against: The accepted span, in words.
        comparison: Distances, the farthest first.
    """

    images: int
    against: str
    comparison: DriftComparison

    @property
    def drifted(self) -> bool:
        """Whether any measurement is further than the schema admits."""
        return any(feature.drifted for feature in self.comparison.drifts)


def drift_of(logs: Sequence[Path], data_set: Path) -> LogDrift:
    """Compares measurement logs with the newest accepted statistics of a data set.

    Args:
        logs: Files that the server wrote, or folders of them.
        data_set: Folder of the data set's accepted statistics, which holds `span-N/`.

    Raises:
        InputError: A log or the statistics are missing or damaged, or hold too few images to say anything.
    """
    rows = [row for log in logs for file in _files(log) for row in _rows(file)]
    before, least = _accepted(data_set), PairPolicy().min_drift_pairs
    if len(rows) < least:
        raise InputError(
            f"{logs[0]}: {len(rows)} images, and the distributions of fewer than {least} differ by chance alone; "
            "give more logs, or wait"
        )
    with tempfile.TemporaryDirectory() as folder:
        features = _write_statistics(rows, Path(folder))
        schema = _write_schema(features, Path(folder))
        comparison = compare(Path(folder), before, schema, DRIFT_SPLIT, least)
    if not comparison.drifts:
        raise InputError(f"{before}: statistics of fewer than {least} pairs, which say nothing; accept a larger span")
    return LogDrift(len(rows), before.name.replace("-", " "), comparison)


def data_set_in(workspace: Path) -> Path:
    """Returns the folder of the accepted statistics of the one data set of a workspace.

    Raises:
        InputError: There is none, or there are several.
    """
    folder = workspace / "statistics"
    found = sorted(path for path in folder.iterdir() if accepted_statistics.newest(path)) if folder.is_dir() else []
    if not found:
        raise InputError(f"{folder}: no accepted statistics there; a run that accepts its data writes them")
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise InputError(f"{folder}: several data sets ({names}); name the folder of one with --statistics")
    return found[0]


def _accepted(data_set: Path) -> Path:
    before = accepted_statistics.newest(data_set)
    if before is None or not (before / _SPLIT_FOLDER / STATISTICS_FILE).is_file():
        raise InputError(
            f"{data_set}: no span-N/{_SPLIT_FOLDER}/{STATISTICS_FILE} in it; name a folder below statistics/"
        )
    return before


def _files(log: Path) -> list[Path]:
    if log.is_file():
        return [log]
    found = sorted(log.glob("*.jsonl")) if log.is_dir() else []
    if not found:
        raise InputError(f"{log}: no such log, nor a folder of *.jsonl; name what --log-measurements has written")
    return found


def _rows(file: Path) -> Iterable[dict[str, Any]]:
    """Yields what each line measured. A last line that was cut off, as by a full disk, is an error like any other."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({error}); name what --log-measurements has written") from error
    for number, line in enumerate(lines, 1):
        try:
            values = json.loads(line)
            yield {name: values[name] for name in INPUT_ALONE}
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{file}: line {number} is no measurement of an image; remove it") from None


def _write_statistics(rows: Sequence[dict[str, Any]], folder: Path) -> set[str]:
    """Writes TFDV's statistics where an artifact would have them, and returns the names of the features."""
    statistics = tfdv.generate_statistics_from_dataframe(pd.DataFrame(rows))
    place = folder / _SPLIT_FOLDER / STATISTICS_FILE
    place.parent.mkdir()
    place.write_bytes(statistics.SerializeToString())
    return set(rows[0])


def _write_schema(features: set[str], folder: Path) -> Path:
    """Writes the curated schema without what the log has not; it gets a distance for all that it has."""
    schema = tfdv.load_schema_text(str(MEASUREMENT_SCHEMA))
    kept = [feature for feature in schema.feature if feature.name in features]
    del schema.feature[:]
    schema.feature.extend(kept)
    for feature in schema.feature:
        if not feature.HasField("drift_comparator"):
            feature.drift_comparator.jensen_shannon_divergence.threshold = UNBOUNDED
    place = folder / MEASUREMENT_SCHEMA.name
    tfdv.write_schema_text(schema, str(place))
    return place
