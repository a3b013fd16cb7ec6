"""What a model has to keep within when it is served."""

from __future__ import annotations

from pydantic import Field

from data.strict_model import StrictModel


class InfraSettings(StrictModel):
    """The check before the push: does the model load and answer where nothing of the training is left?"""

    docker: bool = Field(
        False,
        description="Use TFX's InfraValidator instead, which starts TF Serving by docker: only where docker runs.",
    )
    image_tag: str = Field("latest", description="Tag of the tensorflow/serving image, where docker is used.")
    max_seconds_per_megapixel: float = Field(
        120.0,
        gt=0,
        description="Seconds for a megapixel on the largest image tried: a user waits no longer for a photograph. AST-B takes "
        "about half of it on two cores.",
    )
    max_memory_mb: int = Field(
        6144, ge=256, description="Peak memory of the serving process, megabytes: it has to fit beside others on 8 GB."
    )
    timeout_seconds: int = Field(300, ge=10, description="For all of it, seconds: a process that hangs is ended then.")
