"""What the commands' exit codes mean."""

from __future__ import annotations

PUSHED = 0
"""A model was pushed, or the one in production is this very model."""

FAILED = 1
BAD_INPUT = 2
MODEL_REFUSED = 3
DATA_REFUSED = 4
