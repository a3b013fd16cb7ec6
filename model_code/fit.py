"""The training loop: steps, validations, the best weights kept, and an end that has a reason."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import tensorflow as tf
import tf_keras as keras

from model_code import history as history_file
from model_code import pair_input
from model_code.early_stopping import EarlyStopping
from model_code.ema import assign
from model_code.history import History
from model_code.progress import ProgressLine
from model_code.schedule import learning_rate
from model_code.settings import Stage, TrainSettings
from model_code.training_state import Step, TrainingState
from model_code.validation import Validator


class TrainingDivergedError(RuntimeError):
    """Loss or gradients stayed non-finite for too many steps in a row."""


def fit(
    model: keras.Model,
    train: pair_input.PairFiles,
    validation: pair_input.PairFiles,
    settings: TrainSettings,
    history_path: Path,
    recipe: Mapping[str, Any] | None = None,
    stream: TextIO | None = None,
) -> dict[str, Any]:
    """Trains a model and leaves the best weights in it.

    Args:
        model: float32 [B, H, W, 3] to the same shape; its weights are where training starts from.
        train: What to learn from.
        validation: Other scenes, by which the best weights are chosen.
        settings: The recipe.
        history_path: Where `history.json` goes.
        recipe: More that belongs in the history, as plain JSON values.
        stream: Where progress is shown; standard error by default.

    Returns:
        The content of the history.

    Raises:
        TrainingDivergedError: Too many bad steps in a row.
    """
    tf.random.set_seed(settings.seed)
    told = {"train": settings.model_dump(mode="json"), "pairs": {"train": train.pairs, "validation": validation.pairs}}
    history = History(history_path, {**told, **(recipe or {})}, settings.total_steps)
    return _Training(model, train, validation, settings, history, stream or sys.stderr).run()


class _Training:
    """One run of the recipe."""

    def __init__(
        self,
        model: keras.Model,
        train: pair_input.PairFiles,
        validation: pair_input.PairFiles,
        settings: TrainSettings,
        history: History,
        stream: TextIO,
    ) -> None:
        self._settings = settings
        self._history = history
        self._state = TrainingState(model, settings)
        self._pairs = pair_input.decoded_pairs(train, settings)
        checks = settings.validation
        held_back = pair_input.whole_pairs(validation, checks.images)
        self._validator = Validator(lambda image: model(image, training=False), held_back)
        self._stopping = EarlyStopping(checks.patience, checks.min_delta)
        self._progress = ProgressLine(settings.total_steps, stream)
        self._best: list[tf.Tensor] = []
        self._bad_in_a_row = 0
        self._images = 0

    def run(self) -> dict[str, Any]:
        """Goes through the stages, then puts the best weights in place."""
        try:
            reason = self._stages()
        except TrainingDivergedError:
            self._history.stopped(history_file.DIVERGED)
            raise
        finally:
            self._progress.close()
        assign(self._state.model.trainable_variables, self._best)
        return self._history.stopped(reason)

    def _stages(self) -> str:
        """Runs until the steps or the patience end, and returns which."""
        for stage in self._settings.stages:
            step = self._state.train_step(stage, self._settings)
            batches = pair_input.train_batches(self._pairs, stage.patch, stage.batch, self._settings, self._images)
            if not self._stage(stage, step, iter(batches)):
                return history_file.PLATEAU
        return history_file.COMPLETED

    def _stage(self, stage: Stage, step: Step, batches: Iterator[tuple[tf.Tensor, tf.Tensor]]) -> bool:
        """Runs one stage; returns False when patience has run out."""
        for _ in range(stage.steps):
            self._step(step, *next(batches))
            if self._validation_is_due() and not self._validate():
                return False
        return True

    def _step(self, step: Step, inputs: tf.Tensor, targets: tf.Tensor) -> None:
        start = time.monotonic()
        number = int(self._state.step)
        rate = learning_rate(number, self._settings)
        loss, finite = step(inputs, targets, tf.constant(rate))
        if bool(finite):
            self._bad_in_a_row = 0
            self._history.step(number + 1, float(loss), rate)
        else:
            self._skip(number + 1)
        self._images += len(inputs)
        self._history.timed(len(inputs), time.monotonic() - start)
        self._progress.update(number + 1, self._history.loss, self._images)

    def _skip(self, number: int) -> None:
        """Counts a bad step, which changed nothing, and gives up after too many in a row."""
        self._history.skipped()
        self._bad_in_a_row += 1
        if self._bad_in_a_row >= self._settings.max_bad_steps:
            raise TrainingDivergedError(
                f"training: loss or gradient not finite in {self._bad_in_a_row} steps in a row, up to step {number}; "
                "lower train.stages[].learning_rate, or look for broken pairs in the data"
            )

    def _validation_is_due(self) -> bool:
        number = int(self._state.step)
        return number % self._settings.validation.every == 0 or number == self._settings.total_steps

    def _validate(self) -> bool:
        """Measures the mean weights, keeps them if they are the best; returns whether to go on."""
        with self._state.mean.in_place():
            scores = self._validator.scores()
        better = self._stopping.observe(scores.gain_psnr)
        if better:
            self._best = self._state.mean.read()
        self._history.validated(int(self._state.step), scores, best=better)
        self._progress.gained(scores.gain_psnr)
        return not self._stopping.exhausted
