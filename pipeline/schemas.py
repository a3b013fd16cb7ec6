"""The paths of the curated schemas. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

SCHEMA = Path(__file__).parent / "schema" / "pairs.pbtxt"
"""Schema of the paired records."""
MEASUREMENT_SCHEMA = SCHEMA.with_name("measurements.pbtxt")
"""Schema of the PairMeasurer's measurements."""
