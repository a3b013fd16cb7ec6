"""The learning rate of each step: a linear warm-up in the first stage, and a cosine in every stage."""

from __future__ import annotations

import math

from model_code.settings import Stage, TrainSettings


def stage_of(step: int, settings: TrainSettings) -> tuple[Stage, int]:
    """Returns the stage of a step, and the step's number in that stage.

    Args:
        step: From 0, counted over all stages.
        settings: The recipe.

    Raises:
        ValueError: The step lies outside the recipe.
    """
    step_in_stage = step
    for stage in settings.stages:
        if 0 <= step_in_stage < stage.steps:
            return stage, step_in_stage
        step_in_stage -= stage.steps
    raise ValueError(f"step {step} lies outside the {settings.total_steps} steps of the recipe")


def learning_rate(step: int, settings: TrainSettings) -> float:
    """Returns the learning rate of a step: a cosine without restarts (Loshchilov and Hutter, 2017, arXiv:1608.03983).

    Only the first stage warms up, because only then the optimiser's moments are empty.

    Args:
        step: From 0, counted over all stages.
        settings: The recipe.

    Returns:
        A rate between 0 and the stage's peak.

    Raises:
        ValueError: The step lies outside the recipe.

    Example:
        >>> recipe = TrainSettings(stages=[Stage(steps=101, learning_rate=1e-3)], warmup_steps=0, min_learning_rate=0.0)
        >>> [round(learning_rate(step, recipe), 6) for step in (0, 50, 100)]
        [0.001, 0.0005, 0.0]
    """
    stage, step_in_stage = stage_of(step, settings)
    warmup = min(settings.warmup_steps, stage.steps - 1) if step_in_stage == step else 0
    if step_in_stage < warmup:
        return stage.learning_rate * (step_in_stage + 1) / warmup
    lowest = min(settings.min_learning_rate, stage.learning_rate)
    progress = (step_in_stage - warmup) / max(1, stage.steps - 1 - warmup)
    return lowest + (stage.learning_rate - lowest) * 0.5 * (1 + math.cos(math.pi * progress))
