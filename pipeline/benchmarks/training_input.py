"""Measures whether training waits for its data: the input function's rate beside that of the training step.

    ast-restore bench input [--config demo] [--set KEY.PATH=VALUE ...] [--batches 100] [--json FILE]

Times each stage of the recipe on the data of a configuration.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data import features
from data.spans.manifest import span_folder, spans
from pipeline.benchmarks.common import AST_RESTORE, table
from pipeline.benchmarks.support.decoded_split import decoded_split
from pipeline.config import Config
from pipeline.local.first_checks import records_directory

if TYPE_CHECKING:
    import tensorflow as tf

    Batch = tuple[tf.Tensor, tf.Tensor]

TrainStep = Callable[..., Any]
"""A compiled function of inputs, targets and learning rate; its result has the loss."""

_WARMUP_STEPS = 2
_FIRST, _LATER, _STEP = "first", "later", "step"


@dataclass(frozen=True, slots=True)
class StageRates:
    """Rates of one stage of a recipe.

    Attributes:
        patch: Side of the patches in pixels.
        batch: Patches per batch.
        patches_per_second: Rates of the input function while decoding ("first") and afterwards ("later"), and of the
            training step ("step").
        times_as_fast_as_the_step: Ratio of the two rates of the input function to that of the step.
    """

    patch: int
    batch: int
    patches_per_second: dict[str, float]
    times_as_fast_as_the_step: dict[str, float]


def measure(config: Config, batches: int, steps: int) -> list[StageRates]:
    """Measures each stage of a recipe, one after the other, on the configuration's own records.

    Args:
        config: Configuration; its sections `model`, `train` and `transform` are used, and its records must exist.
        batches: Batches to draw while images are decoded for the first time, and again when they are in memory (as far as
            `train.cache_mebibytes` allows).
        steps: Timed training steps, after two untimed ones.

    Returns:
        The rates of each stage.
    """
    from model_code.input.pair_input import decoded_pairs, train_batches
    from model_code.network import build
    from model_code.training.losses import WeightedLoss
    from model_code.training.training_state import TrainingState

    settings = config.train
    records = records_directory(config)
    split = decoded_split(span_folder(records, max(spans(records))), features.TRAIN, config)
    model = build.build(config.model.spec(), config.model.img_size, seed=settings.seed)
    state, loss = TrainingState(model, settings), WeightedLoss(settings.loss)
    stages = []
    for stage in settings.stages:
        drawn = iter(train_batches(decoded_pairs(split, settings), stage.patch, stage.batch, settings))
        rates = {}
        for when in (_FIRST, _LATER):
            seconds, batch = _draw(drawn, batches)
            rates[when] = stage.batch * batches / seconds
        step = state.train_step(stage, settings, loss)
        times = list(_timed(step, batch, stage.learning_rate, _WARMUP_STEPS + steps))[_WARMUP_STEPS:]
        stages.append(_stage_rates(stage.patch, stage.batch, rates, stage.batch / statistics.median(times)))
    return stages


def stage_table(stages: Sequence[StageRates]) -> str:
    """Returns the result of `measure` as a Markdown table."""
    header = ("patches per second", "input, first pass", "input, later", "training step")
    rows = [(f"{stage.patch} px, batch {stage.batch}", *stage.patches_per_second.values()) for stage in stages]
    return table(header, rows)


def _draw(drawn: Iterator[Batch], count: int) -> tuple[float, Batch]:
    """Draws batches; returns the seconds and the last batch."""
    start = time.monotonic()
    for _ in range(count):
        batch = next(drawn)
    return time.monotonic() - start, batch


def _timed(step: TrainStep, batch: Batch, learning_rate: float, count: int) -> Iterator[float]:
    import tensorflow as tf

    for _ in range(count):
        start = time.monotonic()
        step(*batch, tf.constant(learning_rate)).loss.numpy()
        yield time.monotonic() - start


def _stage_rates(patch: int, batch: int, input_rates: dict[str, float], step_rate: float) -> StageRates:
    rates = {name: round(rate, 1) for name, rate in (input_rates | {_STEP: step_rate}).items()}
    ratios = {name: round(rate / step_rate, 1) for name, rate in input_rates.items()}
    return StageRates(patch, batch, rates, ratios)


if __name__ == "__main__":
    sys.exit(subprocess.call([*AST_RESTORE, "bench", "input", *sys.argv[1:]]))
