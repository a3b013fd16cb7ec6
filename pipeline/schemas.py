"""Where the curated schemas lie. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

SCHEMA = Path(__file__).parent / "schema" / "pairs.pbtxt"
"""Of paired records."""
MEASUREMENT_SCHEMA = SCHEMA.with_name("measurements.pbtxt")
"""Of what the PairMeasurer measures."""
