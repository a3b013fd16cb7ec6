"""Settings of preprocessing, the configuration's `transform` section. Imports nothing heavy."""

from __future__ import annotations

from pydantic import Field

from data.strict_model import MAX_SIDE, StrictModel


class PreprocessSettings(StrictModel):
    """Settings of the Transform component, which decodes and scales the images of each pair."""

    max_side: int = Field(
        0,
        ge=0,
        le=MAX_SIDE,
        description="Longest side in pixels; larger pairs are shrunk by area averaging. 0 never shrinks and keeps streaks.",
    )
