"""Search space of the Tuner, and the recipe and network that its values stand for. Imports nothing heavy."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from model_code.known_weights import starter_degradation
from model_code.network.settings import ModelSettings
from model_code.settings import Stage, TrainSettings
from model_code.tuning.search_settings import TuneSettings
from model_code.weights.starter.files import takes_starter

LEARNING_RATE = "learning_rate"
BATCH = "batch"
DEPTHS = "depths"
LOSS_PREFIX = "loss."
_NETWORK_NUMBERS = ("win_size", "embed_dim")

Values = Mapping[str, Any]


def choices(tune: TuneSettings) -> dict[str, tuple[int | str, ...]]:
    """Returns the options of each hyperparameter that is chosen from a list.

    Args:
        tune: Settings of the search.

    Returns:
        Options by name. Depths are text such as "1-1-2-2-2-2-2-1-1", because KerasTuner cannot choose tuples.
    """
    options: dict[str, tuple[int | str, ...]] = {BATCH: tune.batch}
    options |= {name: getattr(tune, name) for name in _NETWORK_NUMBERS}
    options[DEPTHS] = tuple("-".join(map(str, depths)) for depths in tune.depths)
    return {name: values for name, values in options.items() if values}


def ranges(tune: TuneSettings) -> dict[str, tuple[float, float]]:
    """Returns the bounds of each hyperparameter that is drawn log-uniformly.

    Args:
        tune: Settings of the search.

    Returns:
        Lowest and highest value by name.
    """
    bounds = {LOSS_PREFIX + name: weights for name, weights in tune.loss.items()}
    if tune.learning_rate:
        bounds[LEARNING_RATE] = tune.learning_rate
    return bounds


def tuned(model: ModelSettings, train: TrainSettings, values: Values) -> tuple[ModelSettings, TrainSettings]:
    """Returns network and recipe with tuned values in place of the configured ones.

    Args:
        model: The configured network.
        train: The configured recipe.
        values: Values by the names of `choices` and `ranges`; the other settings stay.

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
    """Returns the recipe of a trial: stages and warm-up shortened in proportion, one validation at the end, no TensorBoard.

    Args:
        train: The recipe, with every stage in steps (`TrainSettings.for_pairs`).
        steps: Steps of the trial.
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
    """Checks every combination of choices before the run, so that no trial fails for its network or its initial weights.

    Args:
        model: The configured network.
        train: The configured recipe.
        tune: Settings of the search.

    Raises:
        ValueError: A combination is invalid, or the recipe starts from weights that the combination's network cannot take;
            the message names it.
    """
    networks: list[tuple[Values, ModelSettings]] = []
    for values in _combinations(tune):
        try:
            networks.append((values, tuned(model, train, values)[0]))
        except ValueError as error:
            raise ValueError(f"tune: {_in_words(values)} cannot be built: {_reason(error)}") from error
    if train.warm_start is not None:
        _require_fitting_start(model, train.warm_start, networks, tune)


def _require_fitting_start(
    model: ModelSettings, start: str, networks: list[tuple[Values, ModelSettings]], tune: TuneSettings
) -> None:
    """Checks that each network can take the weights that the recipe starts from.

    The weights of a starter grow into a larger network (`model_code.weights.starter.growth`); others fit their own alone.
    """
    degradation = starter_degradation(start)

    def fits(network: ModelSettings) -> bool:
        return network.spec() == model.spec() if degradation is None else takes_starter(network, degradation)

    other = next((values for values, network in networks if not fits(network)), None)
    if other is not None:
        sizes = " and ".join(name for name in choices(tune) if name != BATCH)
        problem = (
            "is another network than `model`" if degradation is None else f"is not a network that {start} grows into"
        )
        raise ValueError(
            f"tune: {_in_words(other, without=BATCH)} {problem}, and no trial of it could take the "
            f"weights of train.warm_start ({start}); leave out {sizes} of tune, or set train.warm_start=null"
        )


def _in_words(values: Values, without: str = "") -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items() if name != without)


def _reason(error: ValueError) -> str:
    return str(error.errors()[0]["msg"]) if isinstance(error, ValidationError) else str(error)


def _combinations(tune: TuneSettings) -> Iterator[dict[str, int | str]]:
    options = choices(tune)
    for combination in itertools.product(*options.values()):
        yield dict(zip(options, combination, strict=True))


def _stages(stages: tuple[Stage, ...], values: Values) -> list[dict[str, Any]]:
    """Returns stages whose learning rates and batches are scaled so that the first stage has the values."""
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
