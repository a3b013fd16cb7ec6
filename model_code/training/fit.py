"""The training run: steps, validations, checkpoints, and the best weights left in the model."""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO, TypedDict, cast

import tensorflow as tf
import tf_keras as keras

from model_code.input import pair_input
from model_code.optimization.ema import assign
from model_code.optimization.schedule import learning_rate, stage_of
from model_code.settings import Stage, TrainSettings
from model_code.training import distribution, losses
from model_code.training.checkpoints import Checkpoints
from model_code.training.divergence import DivergenceGuard, GuardState, StepAction, TrainingDivergedError
from model_code.training.early_stopping import EarlyStopping, EarlyStoppingState
from model_code.training.perceptual import perceptual
from model_code.training.records.history import COMPLETED, DIVERGED, PLATEAU, TrainingHistory
from model_code.training.records.history_content import HistoryContent, HistoryState
from model_code.training.records.progress import TENSORBOARD_FOLDER, ProgressLine
from model_code.training.records.tensorboard import TensorBoardLogger
from model_code.training.training_state import StepResult, TrainingState, TrainStep
from model_code.training.validation import Validator

__all__ = ["TrainingDivergedError", "fit"]

_PLATEAU_VALIDATIONS = 3  # validations without progress that the history calls a plateau, even if patience is unlimited

Batches = Iterator[tuple[tf.Tensor, tf.Tensor]]


def fit(
    model: keras.Model,
    train: pair_input.PairSplit,
    validation: pair_input.PairSplit,
    settings: TrainSettings,
    history_path: Path,
    recipe: Mapping[str, Any] | None = None,
    stream: TextIO | None = None,
    checkpoints: Path | None = None,
    strategy: tf.distribute.Strategy | None = None,
) -> HistoryContent:
    """Trains a model and leaves the best weights in it.

    Args:
        model: Maps float32 [B, H, W, 3] to the same shape; built in the strategy's scope. Its weights are the initial
            weights, unless there is a checkpoint to resume from.
        train: Pairs to train on.
        validation: Pairs of other scenes, which choose the best weights.
        settings: The recipe.
        history_path: The `history.json` to write. TensorBoard's event files go beside it.
        recipe: More entries for the history's `recipe`, as plain JSON values.
        stream: Shows progress; None is standard error.
        checkpoints: Folder for the checkpoints of this training alone (its data, recipe and network). Training resumes from
            the newest one there. The caller removes the folder once the result is safe. None: training cannot be resumed.
        strategy: From `distribution.strategy`; None is TensorFlow's default, a single replica.

    Returns:
        The content of `history.json`.

    Raises:
        TrainingDivergedError: Too many steps in a row were non-finite, at halved learning rates too.
        CheckpointError: A checkpoint cannot be written.
        InputError: A batch cannot be shared out evenly, or workers would resume from different steps.
    """
    settings = settings.for_pairs(train.pairs)
    strategy = strategy or tf.distribute.get_strategy()
    distribution.require_even_shares(settings, strategy)
    tf.random.set_seed(settings.seed)
    pair_counts = {"train": train.pairs, "validation": validation.pairs}
    full_recipe = {"train": settings.model_dump(mode="json"), "pairs": pair_counts, **(recipe or {})}
    history = TrainingHistory(history_path, full_recipe, settings.total_steps)
    with ExitStack() as stack:
        stack.enter_context(strategy.scope())
        folder = checkpoints or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="checkpoints-")))
        run = _TrainingRun(model, train, validation, settings, history, folder, strategy)
        return run.run(stream or sys.stderr)


class RunState(TypedDict):
    """State of a run beside the variables, as plain JSON values."""

    step: int
    patches_seen: int
    early_stopping: EarlyStoppingState
    guard: GuardState
    history: HistoryState


class _TrainingRun:
    """A run of the recipe: its parts and its progress."""

    def __init__(
        self,
        model: keras.Model,
        train: pair_input.PairSplit,
        validation: pair_input.PairSplit,
        settings: TrainSettings,
        history: TrainingHistory,
        checkpoints: Path,
        strategy: tf.distribute.Strategy,
    ) -> None:
        is_chief = distribution.is_chief(strategy)
        self._settings = settings
        self._history = history
        self._strategy = strategy
        self._state = TrainingState(model, settings)
        self._checkpoints = Checkpoints(checkpoints, self._state, settings.checkpoint.keep, writes=is_chief)
        self._loss = _weighted_loss(settings)
        self._train_pairs = pair_input.decoded_pairs(train, settings)
        validation_pairs = pair_input.whole_pairs(validation, settings.validation.images)
        self._validator = Validator(
            lambda image: model(image, training=False), validation_pairs, settings.tensorboard.images
        )
        self._early_stopping = EarlyStopping(settings.validation.patience, settings.validation.min_delta)
        self._guard = DivergenceGuard(settings.divergence)
        has_tensorboard = settings.tensorboard.enabled and is_chief
        log_folder = history.path.with_name(TENSORBOARD_FOLDER) if has_tensorboard else None
        self._tensorboard = TensorBoardLogger(log_folder, model)
        self._train_steps: dict[tuple[int, int], TrainStep] = {}  # by patch and batch
        self._step = 0  # steps taken
        self._patches_seen = 0  # the position in the data
        self._last_save = (0, time.monotonic())  # step and time of the last checkpoint

    def run(self, stream: TextIO) -> HistoryContent:
        """Trains, puts the best weights into the model and returns the history."""
        self._resume()
        self._progress = ProgressLine(self._settings.total_steps, stream, self._step, self._patches_seen)
        try:
            stop_reason = self._train()
        except TrainingDivergedError:
            self._history.stop(DIVERGED)
            raise
        finally:
            self._progress.close()
            self._tensorboard.close()
        assign(self._state.model.trainable_variables, [tf.identity(weight) for weight in self._state.best_weights])
        return self._history.stop(stop_reason)

    def _train(self) -> str:
        """Trains stage after stage and returns why training stopped."""
        while self._step < self._settings.total_steps and not self._early_stopping.is_exhausted:
            stage, step_in_stage = stage_of(self._step, self._settings)
            self._train_stage(stage, last_step=self._step - step_in_stage + stage.steps)
        return PLATEAU if self._early_stopping.is_exhausted else COMPLETED

    def _train_stage(self, stage: Stage, last_step: int) -> None:
        """Trains until the stage's last step, until patience runs out, or until a rollback to an earlier step."""
        train_step, batches = self._compiled_step(stage), self._batches(stage)
        while self._step < last_step and not self._early_stopping.is_exhausted:
            action = self._take_step(stage, train_step, batches)
            if action is StepAction.STOP:
                raise self._guard.error(self._step)
            if action is StepAction.ROLL_BACK:
                self._roll_back()
                return
            if self._should_validate():
                self._validate()
            if self._should_save():
                self._save_checkpoint()

    def _take_step(self, stage: Stage, train_step: TrainStep, batches: Batches) -> StepAction:
        """Trains on the next batch and records the step, unless its loss or gradients are non-finite."""
        inputs, targets = next(batches)
        start = time.monotonic()
        rate = learning_rate(self._step, self._settings) * self._guard.learning_rate_factor
        result = train_step(inputs, targets, tf.constant(rate))
        action = self._guard.observe(bool(result.is_finite))
        self._step += 1
        self._patches_seen += stage.batch
        if self._guard.nonfinite_steps:
            self._history.record_skipped_step()
        else:
            self._record_step(result, rate)
        self._history.record_time(stage.batch, time.monotonic() - start)
        self._progress.update(self._step, self._history.mean_loss, self._patches_seen)
        return action

    def _record_step(self, result: StepResult, rate: float) -> None:
        terms = dict(zip(self._loss.names, result.terms.numpy().tolist(), strict=True))
        row = self._history.record_step(self._step, float(result.loss), rate, terms if len(terms) > 1 else None)
        if row is not None:
            self._tensorboard.log_step(row, terms, float(result.gradient_norm))

    def _compiled_step(self, stage: Stage) -> TrainStep:
        key = (stage.patch, stage.batch)
        if key not in self._train_steps:
            self._train_steps[key] = self._state.train_step(stage, self._settings, self._loss)
        return self._train_steps[key]

    def _batches(self, stage: Stage) -> Batches:
        """Returns the endless batches of a stage, from the current position in the data on."""
        replicas = self._strategy.num_replicas_in_sync

        def dataset(context: tf.distribute.InputContext) -> tf.data.Dataset:
            share = pair_input.Share(context.input_pipeline_id, context.num_input_pipelines, replicas)
            return pair_input.train_batches(
                self._train_pairs, stage.patch, stage.batch, self._settings, self._patches_seen, share
            )

        if not tf.distribute.has_strategy():
            return iter(dataset(tf.distribute.InputContext()))
        return iter(self._strategy.distribute_datasets_from_function(dataset))

    def _should_validate(self) -> bool:
        return self._step % self._settings.validation.every == 0 or self._step == self._settings.total_steps

    def _validate(self) -> None:
        """Measures the running mean of the weights, and stores it if it is the best so far."""
        with self._state.ema.applied():
            scores = self._validator.scores()
        stopping = self._early_stopping
        is_best = stopping.observe(scores.gain_psnr, self._step)
        if is_best:
            self._state.store_best()
        if stopping.is_exhausted or stopping.stale_validations >= _PLATEAU_VALIDATIONS:
            self._history.record_plateau(stopping.progress_step, stopping.progress_gain, stopping.stale_validations)
        else:
            self._history.clear_plateau()
        self._history.record_validation(self._step, scores, is_best=is_best)
        self._tensorboard.log_validation(self._step, scores, self._validator.comparisons)
        self._progress.set_gain(scores.gain_psnr)

    def _should_save(self) -> bool:
        """Whether a checkpoint is due. None is written amid non-finite steps, because training may roll back to it."""
        step, moment = self._last_save
        limits = self._settings.checkpoint
        is_due = self._step - step >= limits.every or time.monotonic() - moment >= 60 * limits.minutes
        is_last = self._step == self._settings.total_steps or self._early_stopping.is_exhausted
        return not self._guard.nonfinite_steps and (is_due or is_last)

    def _save_checkpoint(self) -> None:
        self._checkpoints.write(self._step, self._state_dict())
        self._last_save = (self._step, time.monotonic())

    def _resume(self) -> None:
        """Resumes from the newest checkpoint. If there is none, writes one, so that a full disk shows before training."""
        state = self._checkpoints.restore()
        if state is not None:
            self._load_state_dict(cast(RunState, state))
            self._history.record_resume(self._step)
            logging.info("training resumes from step %d", self._step)
        distribution.require_same_step(self._strategy, self._step)
        if state is None:
            self._save_checkpoint()

    def _roll_back(self) -> None:
        """Returns to the last checkpoint at half the learning rate. The data continues after the non-finite batches."""
        failed_step, skipped_steps = self._step, self._history.skipped_steps
        patches_seen, guard_state = self._patches_seen, self._guard.state_dict()
        state = self._checkpoints.restore()
        if state is None:
            raise self._guard.error(failed_step)
        self._load_state_dict(cast(RunState, state))
        self._patches_seen = patches_seen
        self._guard.load_state_dict(guard_state)
        self._guard.record_rollback()
        factor = self._guard.learning_rate_factor
        self._history.record_rollback(failed_step, self._step, factor, skipped_steps)
        message = "training: rolled back from step %d to %d, learning rate times %g"
        logging.warning(message, failed_step, self._step, factor)

    def _state_dict(self) -> RunState:
        """Returns the state beside the variables as plain JSON values, for a checkpoint."""
        return {
            "step": self._step,
            "patches_seen": self._patches_seen,
            "early_stopping": self._early_stopping.state_dict(),
            "guard": self._guard.state_dict(),
            "history": self._history.state_dict(),
        }

    def _load_state_dict(self, state: RunState) -> None:
        self._step, self._patches_seen = state["step"], state["patches_seen"]
        self._early_stopping.load_state_dict(state["early_stopping"])
        self._guard.load_state_dict(state["guard"])
        self._history.load_state_dict(state["history"])
        self._last_save = (self._step, time.monotonic())


def _weighted_loss(settings: TrainSettings) -> losses.WeightedLoss:
    if settings.perceptual_model is None:
        return losses.WeightedLoss(settings.loss)
    return losses.WeightedLoss(settings.loss, {"perceptual": perceptual(settings.perceptual_model)})
