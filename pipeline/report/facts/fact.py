"""What every fact of a run is: frozen, of known keys, and without a figure that JSON has no word for."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BeforeValidator

from data.strict_model import StrictModel


def _finite_or_none(value: Any) -> Any:
    """JSON has no NaN and no infinity: a figure that is not finite is one that the run does not have."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


Measured = Annotated[float | None, BeforeValidator(_finite_or_none)]


class Fact(StrictModel):
    """One fact, or several that belong together."""
