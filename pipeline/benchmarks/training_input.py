"""Whether training ever waits for its data: patches a second of the input function beside those that the steps consume."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping
from typing import Any

from data import features, records
from pipeline.config import Config
from pipeline.local.records_source import records_directory

_WARMUP_STEPS = 2


def measure(config: Config, batches: int, steps: int) -> dict[str, Any]:
    """Measures each stage of a recipe, one thing after the other, with the configuration's own data.

    Args:
        config: Its `train` and `transform` sections are used, its records must be there.
        batches: So many are drawn while everything is decoded for the first time, and again when it is kept in memory (as
            far as `train.cache_mebibytes` allows).
        steps: Of training, timed after two that are not.

    Returns:
        For each stage `patches_per_second` of the input function ("first": while decoding, "later") and of the step, and how
        many times as fast the input is, as plain JSON values.
    """
    from model_code.input.pair_input import decoded_pairs, train_batches
    from model_code.network import build
    from model_code.training.losses import WeightedLoss
    from model_code.training.training_state import TrainingState

    settings = config.train
    model = build.build(config.model.spec(), config.model.img_size, seed=settings.seed)
    state, loss = TrainingState(model, settings), WeightedLoss(settings.loss)
    stages = []
    for stage in settings.stages:
        pairs = decoded_pairs(_train_split(config), settings)
        drawn = iter(train_batches(pairs, stage.patch, stage.batch, settings))
        rates = {}
        for when in ("first", "later"):
            start = time.monotonic()
            for _ in range(batches):
                batch = next(drawn)
            rates[when] = stage.batch * batches / (time.monotonic() - start)
        step = state.train_step(stage, settings, loss)
        times = list(_timed(step, batch, stage.learning_rate, _WARMUP_STEPS + steps))[_WARMUP_STEPS:]
        consumed = stage.batch / statistics.median(times)
        stages.append(
            {
                "patch": stage.patch,
                "batch": stage.batch,
                "patches_per_second": {name: round(rate, 1) for name, rate in rates.items()}
                | {"step": round(consumed, 1)},
                "times_as_fast_as_the_step": {name: round(rate / consumed, 1) for name, rate in rates.items()},
            }
        )
    return {"stages": stages}


def _train_split(config: Config) -> Any:
    """Finds the train records of the newest span and how they are decoded."""
    import tensorflow as tf

    from data.spans.manifest import span_folder, spans
    from model_code.input.pair_input import survey
    from model_code.preprocessing import preprocessing_fn

    told = config.transform.model_dump(mode="json")

    def decode(serialized: tf.Tensor) -> Mapping[str, Any]:
        return preprocessing_fn(tf.io.parse_example(serialized, records.feature_spec()), told)

    folder = records_directory(config)
    return survey([str(span_folder(folder, max(spans(folder))) / f"{features.TRAIN}-*.tfrecord")], decode, "")


def _timed(step: Any, batch: tuple[Any, Any], rate: float, count: int) -> Iterator[float]:
    import tensorflow as tf

    for _ in range(count):
        start = time.monotonic()
        step(*batch, tf.constant(rate)).loss.numpy()
        yield time.monotonic() - start
