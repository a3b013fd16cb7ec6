"""Which splits a window's newest spans give, and which the spans that judge."""

from __future__ import annotations

from data import features

FROM_JUDGED_SPANS = {split: split != features.TRAIN for split in features.SPLITS}
"""Of each split, whether it chooses or judges the model, rather than being learnt from."""
