"""What the Tuner may try, and how long: the config's `tune` section. Imports nothing heavy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from data.strict_model import StrictModel
from model_code.settings import LossName

Range = tuple[float, float]


class TuneSettings(StrictModel):
    """A search over the recipe and the network; what it finds best is what the Trainer then trains."""

    enabled: bool = Field(
        default=False, description="Search before training; without it the recipe is trained as given."
    )
    search: Literal["bayesian", "random"] = Field(
        default="bayesian", description="bayesian learns from the trials before; random does not."
    )
    trials: int = Field(default=8, ge=1, description="Trainings to try at most.")
    minutes: float = Field(
        default=60.0,
        gt=0,
        description="No trial begins after this time; one that has begun is ended, and one always is.",
    )
    steps: int = Field(default=300, ge=2, description="Steps of each trial: the stages shortened in proportion.")
    learning_rate: Range | None = Field(
        default=(3e-4, 3e-3),
        description="Lowest and highest rate of the first stage, drawn by its logarithm; later stages change with it.",
    )
    batch: tuple[int, ...] = Field(
        default=(), description="Batches of the first stage to try; later stages change with it."
    )
    win_size: tuple[int, ...] = Field(default=(), description="Sides of the attention window to try, in pixels.")
    embed_dim: tuple[int, ...] = Field(default=(), description="Widths to try, in channels.")
    depths: tuple[tuple[int, ...], ...] = Field(default=(), description="Depths to try: nine numbers of blocks each.")
    loss: dict[LossName, Range] = Field(
        default={}, description="Lowest and highest weight of loss terms, drawn by their logarithm."
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
