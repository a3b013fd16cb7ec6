"""How far measurements have drifted, as it lies on disk beside the verdicts. Imports nothing heavy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import computed_field

from data.files import write_whole
from data.strict_model import FiniteOrNone, StrictModel

DRIFT_FILE = "drift.json"


class Drift(StrictModel):
    """Distance between the distributions of one measurement in two spans.

    Attributes:
        name: The measurement, such as "identity_psnr".
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
class Comparison:
    """What a comparison with the span before has found.

    Attributes:
        features: The distance of each measurement that the schema bounds, the farthest first.
        lines: One for each that is too far, in TFDV's words.
    """

    features: tuple[Drift, ...] = ()
    lines: tuple[str, ...] = ()


def write_drift(comparison: Comparison, file: Path) -> None:
    """Writes the distances as JSON, whole."""
    write_whole(file, json.dumps([drift.to_json() for drift in comparison.features], indent=1) + "\n")


def read_drift(file: Path) -> tuple[Drift, ...]:
    """Reads what `write_drift` wrote; nothing where the data was never compared."""
    if not file.is_file():
        return ()
    return tuple(
        Drift(name=entry["feature"], value=entry["distance"], threshold=entry["threshold"], against=entry["against"])
        for entry in json.loads(file.read_text(encoding="utf-8"))
    )
