"""One line of the log of a shadow: scalars of one image that two models restored. No pixel, name, address or hash."""

from __future__ import annotations

import math
from dataclasses import astuple

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from data.image.plausibility import Plausibility

LOG_NAME = "shadow"
"""Name of the log's files."""


class ShadowEntry(BaseModel):
    """What is known of one image.

    Attributes:
        time: When the shadow restored it, UTC, ISO 8601, in seconds.
        production: Version that answered.
        shadow: The shadow in words, such as "version 1764500000" or "candidate 12".
        height: In pixels.
        width: In pixels.
        production_ms: Time of the model that answered, milliseconds.
        shadow_ms: Time of the shadow, milliseconds; None where it failed.
        error: Class of the error of a shadow that failed; empty where it did not.
        psnr: Between both answers, dB.
        ssim: Between both answers, by the fast protocol of `data.image.ssim`.
        colour: Mean CIEDE2000 between both answers.
        of_production: Measures of production's answer against the input.
        of_shadow: Measures of the shadow's answer against the input; None where it failed.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    time: str = Field(max_length=40)
    production: int
    shadow: str = Field(max_length=60)
    height: int
    width: int
    production_ms: FiniteFloat = Field(gt=0)
    shadow_ms: FiniteFloat | None = Field(None, gt=0)
    error: str = Field("", max_length=100)
    psnr: FiniteFloat | None = None
    ssim: FiniteFloat | None = None
    colour: FiniteFloat | None = None
    of_production: Plausibility
    of_shadow: Plausibility | None = None

    @model_validator(mode="after")
    def _require_finite(self) -> ShadowEntry:
        measures = [each for each in (self.of_production, self.of_shadow) if each is not None]
        if not all(math.isfinite(value) for each in measures for value in astuple(each)):
            raise ValueError("a measure is not finite")
        return self
