"""From values that the Tuner drew to a recipe and a network. Imports nothing heavy: the Trainer reads them here too."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from model_code.settings import ModelSettings, Stage, TrainSettings
from model_code.tuning.search_settings import TuneSettings

LEARNING_RATE = "learning_rate"
BATCH = "batch"
DEPTHS = "depths"
LOSS_PREFIX = "loss."
_NETWORK_NUMBERS = ("win_size", "embed_dim")

Values = Mapping[str, Any]


def choices(tune: TuneSettings) -> dict[str, tuple[int | str, ...]]:
    """Returns what is drawn from a list, by name; depths as text, since KerasTuner has no choice of tuples."""
    drawn: dict[str, tuple[int | str, ...]] = {BATCH: tune.batch}
    drawn |= {name: getattr(tune, name) for name in _NETWORK_NUMBERS}
    drawn[DEPTHS] = tuple("-".join(map(str, depths)) for depths in tune.depths)
    return {name: options for name, options in drawn.items() if options}


def ranges(tune: TuneSettings) -> dict[str, tuple[float, float]]:
    """Returns what is drawn between two bounds by its logarithm, by name."""
    drawn = {LOSS_PREFIX + name: bounds for name, bounds in tune.loss.items()}
    if tune.learning_rate:
        drawn[LEARNING_RATE] = tune.learning_rate
    return drawn


def tuned(model: ModelSettings, train: TrainSettings, values: Values) -> tuple[ModelSettings, TrainSettings]:
    """Returns network and recipe with the values in place of the given ones.

    Args:
        model: The network of the config.
        train: The recipe of the config.
        values: By the names of `choices` and `ranges`; what is not among them stays.

    Raises:
        ValueError: The values do not fit together.
    """
    network: dict[str, Any] = {name: values[name] for name in _NETWORK_NUMBERS if name in values}
    if DEPTHS in values:
        network[DEPTHS] = tuple(int(depth) for depth in values[DEPTHS].split("-"))
    weights = {name.removeprefix(LOSS_PREFIX): value for name, value in values.items() if name.startswith(LOSS_PREFIX)}
    recipe = {"stages": _stages(train.stages, values), "loss": train.model_dump()["loss"] | weights}
    return (
        ModelSettings.model_validate({**model.model_dump(), **network}),
        TrainSettings.model_validate({**train.model_dump(), **recipe}),
    )


def shortened(train: TrainSettings, steps: int) -> TrainSettings:
    """Returns the recipe of a trial: every stage and the warm-up in proportion, validated once, at the end, unwatched.

    Args:
        train: With every stage in steps (`TrainSettings.for_pairs`).
        steps: Of the trial, in all.
    """
    share = min(1.0, steps / train.total_steps)
    stages = tuple(stage.model_copy(update={"steps": max(1, round(stage.steps * share))}) for stage in train.stages)
    total = sum(stage.steps for stage in stages)
    return train.model_copy(
        update={
            "stages": stages,
            "warmup_steps": round(train.warmup_steps * share),
            "validation": train.validation.model_copy(update={"every": total, "patience": 0}),
            "checkpoint": train.checkpoint.model_copy(update={"every": total, "minutes": 1e6}),
            "tensorboard": train.tensorboard.model_copy(update={"enabled": False}),
        }
    )


def require_sound(model: ModelSettings, train: TrainSettings, tune: TuneSettings) -> None:
    """Tries every combination of choices, so that none fails in the middle of the night.

    Raises:
        ValueError: One cannot be built; the message names it.
    """
    for values in _combinations(tune):
        try:
            tuned(model, train, values)
        except ValueError as error:
            told = ", ".join(f"{name} {value}" for name, value in values.items())
            raise ValueError(f"tune: {told} cannot be built: {_reason(error)}") from error


def _reason(error: ValueError) -> str:
    return str(error.errors()[0]["msg"]) if isinstance(error, ValidationError) else str(error)


def _combinations(tune: TuneSettings) -> Iterator[dict[str, int | str]]:
    named = choices(tune)
    for combination in itertools.product(*named.values()):
        yield dict(zip(named, combination, strict=True))


def _stages(stages: tuple[Stage, ...], values: Values) -> list[dict[str, Any]]:
    """Changes rate and batch of the first stage to the values, and those of the others in proportion."""
    first = stages[0]
    rate = values.get(LEARNING_RATE, first.learning_rate) / first.learning_rate
    batch = values.get(BATCH, first.batch) / first.batch
    return [
        {
            **stage.model_dump(),
            "learning_rate": stage.learning_rate * rate,
            "batch": max(1, round(stage.batch * batch)),
        }
        for stage in stages
    ]
