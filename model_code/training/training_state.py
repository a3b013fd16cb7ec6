"""The variables that training carries from one step to the next, and the step that updates them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf
import tf_keras as keras

from model_code.network import step_rng
from model_code.optimization import optimizers
from model_code.optimization.ema import WeightMean, assign
from model_code.optimization.loss_scale import LossScale
from model_code.settings import Stage, TrainSettings
from model_code.training.losses import WeightedLoss


class StepResult(NamedTuple):
    """Result of a training step.

    Attributes:
        loss: float32 scalar, of the global batch.
        is_finite: bool scalar; a step that is not finite changes nothing but the count of steps.
        terms: float32 [terms], each term of the loss before its weight.
        gradient_norm: float32 scalar, global norm of the gradients before clipping.
    """

    loss: tf.Tensor
    is_finite: tf.Tensor
    terms: tf.Tensor
    gradient_norm: tf.Tensor


TrainStep = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], StepResult]
"""Inputs and targets of the global batch (distributed values under a strategy), learning rate -> result."""


class TrainingState(tf.Module):
    """Model, optimiser, running mean of the weights, best weights and step in one trackable object, for one checkpoint.

    Attributes:
        model: The network, from float32 [B, H, W, 3] to the same shape.
        optimizer: Moments and update count.
        ema: Running mean of the weights.
        best_weights: The weights of the best validation; the initial weights before the first one.
        scale: Loss scale of mixed precision.
        step: int64, steps taken, skipped ones included.
    """

    def __init__(self, model: keras.Model, settings: TrainSettings) -> None:
        """Makes the variables, in the scope of the strategy that the model was built in.

        Args:
            model: The network to train.
            settings: Optimiser, decay of the running mean, and precision.
        """
        super().__init__()
        self.model = model
        self.optimizer = optimizers.Adam(model.trainable_variables, settings.optimizer)
        self.ema = WeightMean(model.trainable_variables, settings.ema_decay)
        self.best_weights = [tf.Variable(variable, trainable=False) for variable in model.trainable_variables]
        self.scale = LossScale(settings.precision)
        self.step = optimizers.counter()

    def store_best(self) -> None:
        """Stores the running mean as the best weights."""
        assign(self.best_weights, self.ema.read())

    def train_step(self, stage: Stage, settings: TrainSettings, loss: WeightedLoss) -> TrainStep:
        """Returns the compiled step of a stage: one trace with all shapes known.

        AutoGraph is off, because it would convert tf_keras itself, which takes longer than the demo's training.

        Args:
            stage: Patch and batch; each replica of the strategy in scope computes its share of the batch.
            settings: The recipe.
            loss: The loss to minimise.
        """
        strategy = tf.distribute.get_strategy()
        replicas = strategy.num_replicas_in_sync
        patches = tf.TensorSpec([stage.batch // replicas, stage.patch, stage.patch, 3], tf.float32)
        rate = tf.TensorSpec([], tf.float32)

        @tf.autograph.experimental.do_not_convert
        def step(inputs: tf.Tensor, targets: tf.Tensor, learning_rate: tf.Tensor) -> StepResult:
            return self._step(inputs, targets, learning_rate, settings, loss)

        @tf.autograph.experimental.do_not_convert
        def distributed_step(inputs: tf.Tensor, targets: tf.Tensor, learning_rate: tf.Tensor) -> StepResult:
            result = strategy.run(step, (inputs, targets, learning_rate))
            return tf.nest.map_structure(lambda value: strategy.experimental_local_results(value)[0], result)

        if replicas == 1 and not tf.distribute.has_strategy():
            return tf.function(step, input_signature=[patches, patches, rate], autograph=False)
        return tf.function(distributed_step, autograph=False)

    def _step(
        self,
        inputs: tf.Tensor,
        targets: tf.Tensor,
        learning_rate: tf.Tensor,
        settings: TrainSettings,
        loss: WeightedLoss,
    ) -> StepResult:
        """Takes a step on this replica's share of the batch. After the sum over replicas, all compute the same."""
        total, terms, gradients = self._gradients(inputs, targets, self._seed(settings), settings.accumulate, loss)
        total, terms, *gradients = _mean_over_replicas([total, terms, *gradients])
        norm = tf.linalg.global_norm(gradients) / self.scale.value
        is_finite = tf.math.is_finite(total) & tf.math.is_finite(norm)
        factor = optimizers.clip_scale(norm, settings.optimizer.clip_norm) / self.scale.value
        self.optimizer.apply(gradients, learning_rate, gate=is_finite, scale=factor)
        self.ema.update(self.optimizer.updates, gate=is_finite)
        self.scale.update(is_finite)
        self.step.assign_add(1)
        return StepResult(total, is_finite, terms, norm)

    def _seed(self, settings: TrainSettings) -> tf.Tensor:
        """Returns the seed, int64 [2], of the network's random numbers in this step and replica."""
        context = tf.distribute.get_replica_context()
        seed = tf.stack([tf.constant(settings.seed, tf.int64), tf.identity(self.step)])
        if context.num_replicas_in_sync > 1:
            seed = tf.random.experimental.stateless_fold_in(seed, context.replica_id_in_sync_group)
        return seed

    def _gradients(
        self, inputs: tf.Tensor, targets: tf.Tensor, seed: tf.Tensor, parts: int, loss: WeightedLoss
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """Returns loss, terms and scaled gradients, each the mean over the parts that the batch is computed in."""

        def of_part(part: tf.Tensor | int, part_inputs: tf.Tensor, part_targets: tf.Tensor) -> list[tf.Tensor]:
            part_seed = seed if parts == 1 else tf.random.experimental.stateless_fold_in(seed, part)
            with step_rng.seeded(part_seed), tf.GradientTape() as tape:
                total, terms = loss(self.model(part_inputs, training=True), part_targets)
                scaled = total * self.scale.value
            return [total, terms, *tape.gradient(scaled, self.model.trainable_variables)]

        if parts == 1:
            total, terms, *gradients = of_part(0, inputs, targets)
            return total, terms, gradients
        shapes = [[], [len(loss.names)], *(variable.shape for variable in self.model.trainable_variables)]
        total, terms, *gradients = _mean_over_parts(of_part, inputs, targets, parts, shapes)
        return total, terms, gradients


def _mean_over_replicas(values: list[tf.Tensor]) -> list[tf.Tensor]:
    context = tf.distribute.get_replica_context()
    replicas = context.num_replicas_in_sync
    if replicas == 1:
        return values
    return context.all_reduce(tf.distribute.ReduceOp.SUM, [value * (1.0 / replicas) for value in values])


def _mean_over_parts(
    of_part: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], list[tf.Tensor]],
    inputs: tf.Tensor,
    targets: tf.Tensor,
    parts: int,
    shapes: Sequence[Sequence[int]],
) -> list[tf.Tensor]:
    """Adds up the parts one after the other, so that memory is that of one part; `shapes` are those of the results."""
    size = inputs.shape[0] // parts

    def add(part: tf.Tensor, sums: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        rows = slice(part * size, (part + 1) * size)
        patches = (tf.ensure_shape(images[rows], [size, *images.shape[1:]]) for images in (inputs, targets))
        values = of_part(part, *patches)
        return part + 1, [total + value / parts for total, value in zip(sums, values, strict=True)]

    start = (tf.constant(0), [tf.zeros(shape) for shape in shapes])
    _, sums = tf.while_loop(lambda part, _: part < parts, add, start, parallel_iterations=1)
    return sums
