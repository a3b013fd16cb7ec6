"""Settings of the network, the configuration's `model` section. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from pydantic import Field, model_validator

from data.strict_model import StrictModel
from model_code.network.spec import MAX_RADIUS, NetworkSpec, resolve

WindowSide = Annotated[int, Field(ge=1, le=128)]
"""Side of an attention window: the scores of a window of 128 pixels take 1 GiB per head."""

Width = Annotated[int, Field(ge=4, le=512)]
"""Width at full resolution: 16 times the authors' largest; a matrix of its bottleneck has 67 million weights."""

Blocks = Annotated[int, Field(ge=1, le=128)]
"""Blocks of a stage: 16 times the authors' most."""

Heads = Annotated[int, Field(ge=1, le=16 * 512)]
"""Attention heads of a stage: as many as the widest bottleneck has channels."""


class ModelSettings(StrictModel):
    """Settings of the network: a named variant, and numbers that replace the variant's own."""

    variant: str = Field(
        default="micro8",
        description="Name of the network: AST-B, AST-T, tiny16 or micro8. The default trains in minutes on two cores.",
    )
    img_size: int = Field(
        default=128,
        ge=16,
        le=4096,
        description="Nominal side of the images in pixels. It sets the attention windows, not the size of the images, "
        "which may have any size. The authors use 128. Beyond 16 * (win_size + 1) it changes nothing more.",
    )
    embed_dim: Width | None = Field(
        default=None, description="Width at full resolution in channels, a multiple of 4; unset: the variant's."
    )
    depths: tuple[Blocks, ...] | None = Field(
        default=None,
        description="Number of blocks in each of the nine stages (encoder 0 to 3, bottleneck, decoder 0 to 3); unset: "
        "the variant's.",
    )
    num_heads: tuple[Heads, ...] | None = Field(
        default=None, description="Number of attention heads in each of the nine stages; unset: the variant's."
    )
    win_size: WindowSide | None = Field(
        default=None, description="Side of an attention window in pixels of its level; unset: the variant's, 8."
    )
    token_mlp: str | None = Field(
        default=None,
        description="Feed-forward network: frfn (the paper's) or leff (Uformer's, as an ablation); unset: the variant's.",
    )
    drop_path: float | None = Field(
        default=None,
        description="Highest rate of DropPath, from 0 to below 1; unset: the variant's, 0.1. Short trainings do best with 0.",
    )
    local_linear: int | None = Field(
        default=None,
        ge=0,
        le=MAX_RADIUS,
        description="Radius in pixels within which the output is a linear function of the input, channel by channel, as haze "
        "is; takes away the steps between attention windows. Unset: 0, any output.",
    )

    def spec(self) -> NetworkSpec:
        """Returns the variant's `NetworkSpec` with the numbers of this section in place of its own.

        Raises:
            InputError: The variant is unknown, or no network can be built from the numbers.
        """
        overrides = self.model_dump(exclude={"variant", "img_size"}, exclude_none=True)
        return dataclasses.replace(resolve(self.variant), **overrides)

    @model_validator(mode="after")
    def _spec_can_be_built(self) -> ModelSettings:
        self.spec()
        return self
