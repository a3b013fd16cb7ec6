"""The spans of a window that each split is read from."""

from __future__ import annotations

from data import features

FROM_JUDGED_SPANS = {split: split != features.TRAIN for split in features.SPLITS}
"""Whether each split is read from `Window.judged` (validation, evaluation) instead of `Window.train`."""
