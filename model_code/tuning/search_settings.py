"""Settings of the Tuner, the configuration's `tune` section. Imports nothing heavy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from data.strict_model import MAX_COUNT, BatchSize, PositiveCount, StrictModel
from model_code.network.settings import Blocks, Width, WindowSide
from model_code.settings import LossName

Range = tuple[float, float]


class TuneSettings(StrictModel):
    """Settings of the search for a recipe and a network; the Trainer then trains the best."""

    enabled: bool = Field(default=False, description="Whether to search before training.")
    search: Literal["bayesian", "random"] = Field(
        default="bayesian", description="Search method: bayesian (learns from earlier trials) or random."
    )
    trials: PositiveCount = Field(default=8, description="Largest number of trials, each a short training.")
    minutes: float = Field(
        default=60.0,
        gt=0,
        description="Time in minutes after which no trial begins. The first trial always runs.",
    )
    steps: int = Field(
        default=300,
        ge=2,
        le=MAX_COUNT,
        description="Steps of each trial; the recipe's stages are shortened in proportion.",
    )
    learning_rate: Range | None = Field(
        default=(3e-4, 3e-3),
        description="Lowest and highest learning rate of the first stage, drawn log-uniformly. Later stages change in "
        "proportion; null searches none.",
    )
    batch: tuple[BatchSize, ...] = Field(
        default=(), description="Batch sizes of the first stage to try. Later stages change in proportion."
    )
    win_size: tuple[WindowSide, ...] = Field(default=(), description="Sides of the attention window to try, in pixels.")
    embed_dim: tuple[Width, ...] = Field(default=(), description="Widths at full resolution to try, in channels.")
    depths: tuple[tuple[Blocks, ...], ...] = Field(
        default=(), description="Depths to try, each nine numbers of blocks."
    )
    loss: dict[LossName, Range] = Field(
        default={}, description="Lowest and highest weight of each loss term, drawn log-uniformly."
    )

    @field_validator("learning_rate")
    @classmethod
    def _rates_are_ordered(cls, bounds: Range | None) -> Range | None:
        if bounds is not None:
            _require_ordered("learning_rate", bounds)
        return bounds

    @field_validator("loss")
    @classmethod
    def _weights_are_ordered(cls, loss: dict[LossName, Range]) -> dict[LossName, Range]:
        for name, bounds in loss.items():
            _require_ordered(name, bounds)
        return loss


def _require_ordered(name: str, bounds: Range) -> None:
    low, high = bounds
    if not 0 < low < high:
        raise ValueError(f"{name}: give the lower bound first, both above 0 (got {low:g}, {high:g})")
