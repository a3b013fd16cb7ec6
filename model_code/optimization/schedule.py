"""The learning rate of every step: a linear warm-up, then a cosine to the floor, once per stage."""

from __future__ import annotations

import math

from model_code.settings import Stage, TrainSettings


def stage_of(step: int, settings: TrainSettings) -> tuple[Stage, int]:
    """Returns the stage that a step (counted from 0 over all stages) belongs to, and the step's number inside it.

    Raises:
        ValueError: The step lies outside the recipe.
    """
    inside = step
    for stage in settings.stages:
        if 0 <= inside < stage.steps:
            return stage, inside
        inside -= stage.steps
    raise ValueError(f"step {step} lies outside the {settings.total_steps} steps of the recipe")


def learning_rate(step: int, settings: TrainSettings) -> float:
    """Returns the rate of a step.

    Only the first stage warms up: the optimiser's moments are empty then, and at no later time.

    Args:
        step: Counted from 0 over all stages.
        settings: The recipe.
    """
    stage, inside = stage_of(step, settings)
    warmup = min(settings.warmup_steps, stage.steps - 1) if inside == step else 0
    if inside < warmup:
        return stage.learning_rate * (inside + 1) / warmup
    floor = min(settings.floor_learning_rate, stage.learning_rate)
    progress = (inside - warmup) / max(1, stage.steps - 1 - warmup)
    return floor + (stage.learning_rate - floor) * 0.5 * (1 + math.cos(math.pi * progress))
