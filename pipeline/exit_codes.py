"""What the commands' exit codes mean; docs/exit-codes.md is generated from the strings below the numbers."""

from __future__ import annotations

PUSHED = 0
"""A model was pushed, or the production model is this very model (`unchanged`)."""

FAILED = 1
"""Something else failed, such as an augmentation that treats the two images of a pair differently; `log.txt` says what."""

BAD_INPUT = 2
"""Bad input or configuration."""

MODEL_REFUSED = 3
"""The model was refused; the production model is unchanged."""

DATA_REFUSED = 4
"""The data was refused; nothing was trained."""
