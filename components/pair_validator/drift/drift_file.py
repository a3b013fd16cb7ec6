"""The drift of measurements between two spans, and its file beside the verdicts. Imports no TFX and no TensorFlow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import computed_field

from data.storage.files import write_whole
from data.strict_model import FiniteOrNone, StrictModel

DRIFT_FILE = "drift.json"


class Drift(StrictModel):
    """Distance between the distributions of one measurement in two spans.

    Attributes:
        name: The measurement, such as "input_psnr".
        value: Jensen-Shannon divergence, 0 to 1, in `unit`.
        threshold: The largest distance that the schema admits; None where it sets no bound.
        unit: Unit of both.
        against: The span it is compared with, such as "span 3".
    """

    name: str
    value: FiniteOrNone
    threshold: FiniteOrNone = None
    unit: str = "bits"
    against: str = ""

    # mypy does not support a decorator on a property.
    @computed_field  # type: ignore[prop-decorator]
    @property
    def drifted(self) -> bool:
        """Whether the distance is larger than the schema admits."""
        return self.value is not None and self.threshold is not None and self.value > self.threshold

    def to_json(self) -> dict[str, str | float | None]:
        """Returns the entry of `drift.json`, under the keys that it has had since 0.1.0."""
        return {"feature": self.name, "distance": self.value, "threshold": self.threshold, "against": self.against}


@dataclass(frozen=True, slots=True)
class DriftComparison:
    """Result of comparing a span with an earlier one.

    Attributes:
        drifts: Distance of each measurement that the schema bounds, the largest first.
        anomalies: One line, in TFDV's words, for each distance that exceeds its bound.
    """

    drifts: tuple[Drift, ...] = ()
    anomalies: tuple[str, ...] = ()


def write_drift(comparison: DriftComparison, file: Path) -> None:
    """Writes the distances as JSON, atomically.

    Args:
        comparison: The comparison.
        file: Path of the file.
    """
    write_whole(file, json.dumps([drift.to_json() for drift in comparison.drifts], indent=1) + "\n")


def read_drift(file: Path) -> tuple[Drift, ...]:
    """Reads the file of `write_drift`.

    Args:
        file: Path of the file.

    Returns:
        The distances; empty where the file is missing, because the data was never compared.
    """
    if not file.is_file():
        return ()
    return tuple(
        Drift(name=entry["feature"], value=entry["distance"], threshold=entry["threshold"], against=entry["against"])
        for entry in json.loads(file.read_text(encoding="utf-8"))
    )
