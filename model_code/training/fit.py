"""The training loop: steps, validations, checkpoints, the best weights kept, and an end that has a reason."""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import tensorflow as tf
import tf_keras as keras

from model_code.input import pair_input
from model_code.optimization.ema import assign
from model_code.optimization.schedule import learning_rate, stage_of
from model_code.settings import LossName, Stage, TrainSettings
from model_code.training import distribution
from model_code.training import history as history_file
from model_code.training.checkpoints import Checkpoints
from model_code.training.divergence import Guard, TrainingDivergedError, Verdict
from model_code.training.early_stopping import EarlyStopping
from model_code.training.history import History
from model_code.training.losses import Loss, WeightedLoss
from model_code.training.perceptual import perceptual
from model_code.training.progress import ProgressLine
from model_code.training.tensorboard import Watch
from model_code.training.training_state import Step, TrainingState
from model_code.training.validation import Validator

__all__ = ["TrainingDivergedError", "fit"]

_PLATEAU_VALIDATIONS = 3  # so many without progress are a plateau, also where patience is not limited
_TENSORBOARD = "tensorboard"


def fit(
    model: keras.Model,
    train: pair_input.PairFiles,
    validation: pair_input.PairFiles,
    settings: TrainSettings,
    history_path: Path,
    recipe: Mapping[str, Any] | None = None,
    stream: TextIO | None = None,
    checkpoints: Path | None = None,
    strategy: tf.distribute.Strategy | None = None,
) -> dict[str, Any]:
    """Trains a model and leaves the best weights in it.

    Args:
        model: float32 [B, H, W, 3] to the same shape, built in the strategy's scope; its weights are where training starts
            from, unless there is a checkpoint.
        train: What to learn from.
        validation: Other scenes, by which the best weights are chosen.
        settings: The recipe.
        history_path: Where `history.json` goes, and TensorBoard's files beside it.
        recipe: More that belongs in the history, as plain JSON values.
        stream: Where progress is shown; standard error by default.
        checkpoints: Folder of this very training (data, recipe and network); what lies there is gone on from. The caller
            removes it once the result is safe. None: training cannot be resumed.
        strategy: Of `distribution.strategy`; TensorFlow's default one where none is given.

    Returns:
        The content of the history.

    Raises:
        TrainingDivergedError: Too many bad steps in a row, at halved learning rates too.
        CheckpointError: A checkpoint cannot be written.
    """
    settings = settings.for_pairs(train.pairs)
    strategy = strategy or tf.distribute.get_strategy()
    distribution.require_shares(settings, strategy)
    tf.random.set_seed(settings.seed)
    told = {"train": settings.model_dump(mode="json"), "pairs": {"train": train.pairs, "validation": validation.pairs}}
    history = History(history_path, {**told, **(recipe or {})}, settings.total_steps)
    with ExitStack() as stack:
        stack.enter_context(strategy.scope())
        folder = checkpoints or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="checkpoints-")))
        training = _Training(model, train, validation, settings, history, folder, strategy)
        return training.run(stream or sys.stderr)


class _Training:
    """One run of the recipe."""

    def __init__(
        self,
        model: keras.Model,
        train: pair_input.PairFiles,
        validation: pair_input.PairFiles,
        settings: TrainSettings,
        history: History,
        folder: Path,
        strategy: tf.distribute.Strategy,
    ) -> None:
        self._settings = settings
        self._history = history
        self._strategy = strategy
        self._state = TrainingState(model, settings)
        chief = distribution.is_chief(strategy)
        self._checkpoints = Checkpoints(folder, self._state, settings.checkpoint.keep, writes=chief)
        others: dict[LossName, Loss] = (
            {"perceptual": perceptual(settings.perceptual_model)} if settings.perceptual_model else {}
        )
        self._loss = WeightedLoss(settings.loss, others)
        self._pairs = pair_input.decoded_pairs(train, settings)
        checks = settings.validation
        held_back = pair_input.whole_pairs(validation, checks.images)
        self._validator = Validator(lambda image: model(image, training=False), held_back, settings.watch.images)
        self._stopping = EarlyStopping(checks.patience, checks.min_delta)
        self._guard = Guard(settings.guard)
        shown = settings.watch.tensorboard and chief
        self._watch = Watch(history.path.with_name(_TENSORBOARD) if shown else None, model)
        self._steps: dict[tuple[int, int], Step] = {}
        self._number = 0  # steps taken
        self._position = 0  # patches drawn: the place in the data
        self._saved_at = (0, time.monotonic())

    def run(self, stream: TextIO) -> dict[str, Any]:
        """Goes through the stages, then puts the best weights in place."""
        self._resume()
        self._progress = ProgressLine(self._settings.total_steps, stream, first=(self._number, self._position))
        try:
            reason = self._stages()
        except TrainingDivergedError:
            self._history.stopped(history_file.DIVERGED)
            raise
        finally:
            self._progress.close()
            self._watch.close()
        assign(self._state.model.trainable_variables, [tf.identity(best) for best in self._state.best])
        return self._history.stopped(reason)

    def _resume(self) -> None:
        """Goes on from the newest checkpoint; else writes the first one, so that a full disk is found out now."""
        told = self._checkpoints.restore()
        if told is not None:
            self._recall(told)
            self._history.resumed(self._number)
            logging.info("training goes on from step %d", self._number)
        distribution.require_same_step(self._strategy, self._number)
        if told is None:
            self._save()

    def _stages(self) -> str:
        """Runs until the steps or the patience end, and returns which."""
        while self._number < self._settings.total_steps and not self._stopping.exhausted:
            stage, inside = stage_of(self._number, self._settings)
            self._stage(stage, self._number - inside + stage.steps)
        return history_file.PLATEAU if self._stopping.exhausted else history_file.COMPLETED

    def _stage(self, stage: Stage, end: int) -> None:
        """Runs to the end of a stage, or until patience runs out, or training stands at an earlier step again."""
        step, batches = self._compiled(stage), self._batches(stage)
        while self._number < end and not self._stopping.exhausted:
            verdict = self._step(stage, step, *next(batches))
            if verdict is Verdict.GIVE_UP:
                raise self._guard.error(self._number)
            if verdict is Verdict.ROLL_BACK:
                self._roll_back()
                return
            if self._validation_is_due():
                self._validate()
            if self._checkpoint_is_due():
                self._save()

    def _compiled(self, stage: Stage) -> Step:
        key = (stage.patch, stage.batch)
        if key not in self._steps:
            self._steps[key] = self._state.train_step(stage, self._settings, self._loss)
        return self._steps[key]

    def _batches(self, stage: Stage) -> Iterator[tuple[Any, Any]]:
        replicas = self._strategy.num_replicas_in_sync

        def share(context: tf.distribute.InputContext) -> tf.data.Dataset:
            part = pair_input.Share(context.input_pipeline_id, context.num_input_pipelines, replicas)
            return pair_input.train_batches(self._pairs, stage.patch, stage.batch, self._settings, self._position, part)

        if not tf.distribute.has_strategy():
            return iter(share(tf.distribute.InputContext()))
        return iter(self._strategy.distribute_datasets_from_function(share))

    def _step(self, stage: Stage, step: Step, inputs: Any, targets: Any) -> Verdict:
        start = time.monotonic()
        rate = learning_rate(self._number, self._settings) * self._guard.rate_share
        result = step(inputs, targets, tf.constant(rate))
        verdict = self._guard.observe(bool(result.finite))
        self._number += 1
        self._position += stage.batch
        if self._guard.in_a_row:
            self._history.skipped()
        else:
            terms = dict(zip(self._loss.names, result.terms.numpy().tolist(), strict=True))
            row = self._history.step(self._number, float(result.loss), rate, terms if len(terms) > 1 else None)
            if row is not None:
                self._watch.step(row, terms, float(result.norm))
        self._history.timed(stage.batch, time.monotonic() - start)
        self._progress.update(self._number, self._history.loss, self._position)
        return verdict

    def _validation_is_due(self) -> bool:
        return self._number % self._settings.validation.every == 0 or self._number == self._settings.total_steps

    def _validate(self) -> None:
        """Measures the mean weights and keeps them if they are the best."""
        with self._state.mean.in_place():
            scores = self._validator.scores()
        better = self._stopping.observe(scores.gain_psnr, self._number)
        if better:
            self._state.keep_best()
        if self._stopping.exhausted or self._stopping.stale >= _PLATEAU_VALIDATIONS:
            self._history.plateau(self._stopping.mark_step, self._stopping.mark, self._stopping.stale)
        else:
            self._history.plateau(None)
        self._history.validated(self._number, scores, best=better)
        self._watch.validated(self._number, scores, self._validator.shown)
        self._progress.gained(scores.gain_psnr)

    def _checkpoint_is_due(self) -> bool:
        """Whether to write one now; never in the middle of a run of bad steps, which may lead back to it."""
        step, moment = self._saved_at
        told = self._settings.checkpoint
        late = self._number - step >= told.every or time.monotonic() - moment >= 60 * told.minutes
        over = self._number == self._settings.total_steps or self._stopping.exhausted
        return not self._guard.in_a_row and (late or over)

    def _save(self) -> None:
        self._checkpoints.write(self._number, self._told())
        self._saved_at = (self._number, time.monotonic())

    def _told(self) -> dict[str, Any]:
        return {
            "step": self._number,
            "position": self._position,
            "stopping": self._stopping.told(),
            "guard": self._guard.told(),
            "history": self._history.told(),
        }

    def _recall(self, told: Mapping[str, Any]) -> None:
        self._number, self._position = told["step"], told["position"]
        self._stopping.recall(told["stopping"])
        self._guard.recall(told["guard"])
        self._history.recall(told["history"])
        self._saved_at = (self._number, time.monotonic())

    def _roll_back(self) -> None:
        """Stands at the last good checkpoint again, at half the learning rate; the data goes on, past what was bad."""
        bad, position, skipped = self._number, self._position, self._history.skipped_steps
        guard = self._guard.told()
        told = self._checkpoints.restore()
        if told is None:
            raise self._guard.error(bad)
        self._recall({**told, "position": position, "guard": guard})
        self._guard.rolled_back()
        rollback = {"from_step": bad, "to_step": self._number, "learning_rate_share": self._guard.rate_share}
        self._history.rolled_back(rollback, skipped)
        logging.warning("training: rolled back from step %(from_step)d to %(to_step)d, learning rate times "
                        "%(learning_rate_share)g", rollback)  # fmt: skip
