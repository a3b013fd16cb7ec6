"""Which splits a window's newest spans give, and which the spans that judge."""

from __future__ import annotations

from data import records

JUDGES = {split: split != records.TRAIN for split in records.SPLITS}
"""Of each split, whether it chooses or judges the model, rather than being learnt from."""
