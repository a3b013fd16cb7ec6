"""How far measurements have drifted, as it lies on disk beside the verdicts. Imports nothing heavy."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from data.files import write_whole

DRIFT_FILE = "drift.json"


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """How far the distribution of one measurement is from that of the span before.

    Attributes:
        feature: The measurement.
        distance: Jensen-Shannon divergence, bits, 0 to 1.
        threshold: The largest that the schema admits.
        against: The span it is compared with.
    """

    feature: str
    distance: float
    threshold: float
    against: str

    @property
    def drifted(self) -> bool:
        """Whether it is further than the schema admits."""
        return self.distance > self.threshold


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison with the span before has found.

    Attributes:
        features: The distance of each measurement that the schema bounds, the farthest first.
        lines: One for each that is too far, in TFDV's words.
    """

    features: tuple[FeatureDrift, ...] = ()
    lines: tuple[str, ...] = ()


def write_drift(comparison: Comparison, file: Path) -> None:
    """Writes the distances as JSON, whole."""
    write_whole(file, json.dumps([asdict(feature) for feature in comparison.features], indent=1) + "\n")


def read_drift(file: Path) -> tuple[FeatureDrift, ...]:
    """Reads what `write_drift` wrote; nothing where the data was never compared."""
    if not file.is_file():
        return ()
    return tuple(FeatureDrift(**fields) for fields in json.loads(file.read_text(encoding="utf-8")))
