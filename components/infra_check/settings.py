"""Limits of the check that a model can be served."""

from __future__ import annotations

from pydantic import Field

from data.strict_model import MAX_COUNT, StrictModel


class InfraSettings(StrictModel):
    """Check before the push: the model must load and answer in a process of its own, within limits of time and memory."""

    docker: bool = Field(
        False,
        description="Use TFX's InfraValidator instead, which starts TensorFlow Serving in docker; needs docker.",
    )
    image_tag: str = Field("latest", description="Tag of the tensorflow/serving image, with docker.")
    max_seconds_per_megapixel: float = Field(
        120.0,
        gt=0,
        description="Maximum time per megapixel of the largest test image, seconds: users wait no longer for a "
        "photograph. AST-B takes about half of it on two cores.",
    )
    max_memory_mb: int = Field(
        6144,
        ge=256,
        le=MAX_COUNT,
        description="Maximum memory of the serving process, MB: it must fit beside other processes in 8 GB.",
    )
    timeout_seconds: int = Field(
        300,
        ge=10,
        le=86_400,
        description="Maximum time of the whole check, seconds, up to a day; a process that hangs is stopped then.",
    )
