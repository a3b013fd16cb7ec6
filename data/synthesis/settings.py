"""Settings of the pairs that a run draws if there is no converted data."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from data.storage.paths import Folder
from data.strict_model import MAX_SIDE, Seed, StrictModel
from data.synthesis.names import RAIN, kinds_of

Severity = Literal["light", "medium", "heavy"]


class SynthesisSettings(StrictModel):
    """Degradations drawn on clean photographs."""

    degradation: str = Field(
        RAIN,
        description="What is drawn: rain, varied-rain, haze, raindrop, or several joined by +, as in haze+rain.",
    )
    photos: Folder | None = Field(None, description="Folder of clean photographs; null: the embedded ones.")
    severities: tuple[Severity, ...] = Field(
        ("light", "medium", "heavy"), min_length=1, description="Severities of the degradation."
    )
    crops_per_photo: int = Field(
        3, ge=1, le=10_000, description="Crops of a photograph; each is drawn with every severity."
    )
    height: int = Field(
        256, ge=64, le=MAX_SIDE, description="Height of a crop in pixels; several training patches fit into it."
    )
    width: int = Field(384, ge=64, le=MAX_SIDE, description="Width of a crop in pixels.")
    shares: tuple[float, float, float] = Field(
        (0.62, 0.15, 0.23), description="Shares of training, validation and evaluation, by scene."
    )
    seed: Seed = Field(1, description="Seed of the crops, the degradation and the splits.")

    @field_validator("degradation")
    @classmethod
    def _is_known(cls, name: str) -> str:
        kinds_of(name)
        return name
