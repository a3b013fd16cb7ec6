"""What several checks ask: do the two images match at all?"""

from __future__ import annotations

from components.pair_validator.threshold_fields import number
from data.strict_model import StrictModel


class MatchThresholds(StrictModel):
    """Threshold on the correlation of both images."""

    min_match: float = number(
        12.0,
        "sigma",
        "Minimum correlation peak of a match: images of different scenes reach 9, an aligned pair in the heaviest rain "
        "75.",
    )
