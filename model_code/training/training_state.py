"""All that training carries from one step to the next, and the step itself."""

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
    """What a step tells.

    Attributes:
        loss: float32 scalar, of the global batch.
        finite: bool scalar; where it is False, the step changed nothing but the step's number.
        terms: float32 [terms], each term of the loss before its weight.
        norm: float32 scalar, global norm of the gradients before clipping.
    """

    loss: tf.Tensor
    finite: tf.Tensor
    terms: tf.Tensor
    norm: tf.Tensor


# inputs and targets of the global batch (distributed ones under a strategy), learning rate
Step = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], StepResult]


class TrainingState(tf.Module):
    """Model, optimiser, running mean, best weights and step in one trackable object: one checkpoint holds everything.

    Attributes:
        model: The network; float32 [B, H, W, 3] to the same shape.
        optimizer: Moments and update count.
        mean: Running mean of the weights.
        best: The weights that validated best so far; before a validation, the first ones.
        step: int64, steps taken, skipped ones included.
    """

    def __init__(self, model: keras.Model, settings: TrainSettings) -> None:
        """Makes the variables, in the scope of the strategy that the model was built in."""
        super().__init__()
        self.model = model
        self.optimizer = optimizers.Adam(model.trainable_variables, settings.optimizer)
        self.mean = WeightMean(model.trainable_variables, settings.ema_decay)
        self.best = [tf.Variable(variable, trainable=False) for variable in model.trainable_variables]
        self.scale = LossScale(settings.precision)
        self.step = optimizers.counter()

    def keep_best(self) -> None:
        """Takes the running mean as the best weights."""
        assign(self.best, self.mean.read())

    def train_step(self, stage: Stage, settings: TrainSettings, loss: WeightedLoss) -> Step:
        """Returns the compiled step of a stage: one trace, all shapes known.

        Autograph is kept out: it would convert tf_keras itself, which takes longer than the demo's training.

        Args:
            stage: Its batch is the global one; each replica of the strategy in scope computes its share.
            settings: Of the training.
            loss: What is minimised.
        """
        strategy = tf.distribute.get_strategy()
        replicas = strategy.num_replicas_in_sync
        patches = tf.TensorSpec([stage.batch // replicas, stage.patch, stage.patch, 3], tf.float32)
        rate = tf.TensorSpec([], tf.float32)

        @tf.autograph.experimental.do_not_convert
        def step(inputs: tf.Tensor, targets: tf.Tensor, learning_rate: tf.Tensor) -> StepResult:
            return self._step(inputs, targets, learning_rate, settings, loss)

        @tf.autograph.experimental.do_not_convert
        def distributed(inputs: tf.Tensor, targets: tf.Tensor, learning_rate: tf.Tensor) -> StepResult:
            result = strategy.run(step, (inputs, targets, learning_rate))
            return tf.nest.map_structure(lambda value: strategy.experimental_local_results(value)[0], result)

        if replicas == 1 and not tf.distribute.has_strategy():
            return tf.function(step, input_signature=[patches, patches, rate], autograph=False)
        return tf.function(distributed, autograph=False)

    def _step(
        self,
        inputs: tf.Tensor,
        targets: tf.Tensor,
        learning_rate: tf.Tensor,
        settings: TrainSettings,
        loss: WeightedLoss,
    ) -> StepResult:
        """One step on this replica's share of the batch; after the sum over replicas, all do the same."""
        context = tf.distribute.get_replica_context()
        draw = tf.stack([tf.constant(settings.seed, tf.int64), tf.identity(self.step)])
        if context.num_replicas_in_sync > 1:
            draw = tf.random.experimental.stateless_fold_in(draw, context.replica_id_in_sync_group)
        total, terms, gradients = self._gradients(inputs, targets, draw, settings.accumulate, loss)
        if context.num_replicas_in_sync > 1:
            share = 1.0 / context.num_replicas_in_sync
            summed = context.all_reduce(
                tf.distribute.ReduceOp.SUM, [value * share for value in (total, terms, *gradients)]
            )
            total, terms, *gradients = summed
        norm = tf.linalg.global_norm(gradients) / self.scale.value
        finite = tf.math.is_finite(total) & tf.math.is_finite(norm)
        factor = optimizers.clip_scale(norm, settings.optimizer.clip_norm) / self.scale.value
        self.optimizer.apply(gradients, learning_rate, gate=finite, scale=factor)
        self.mean.update(self.optimizer.updates, gate=finite)
        self.scale.update(finite)
        self.step.assign_add(1)
        return StepResult(total, finite, terms, norm)

    def _gradients(
        self, inputs: tf.Tensor, targets: tf.Tensor, draw: tf.Tensor, parts: int, loss: WeightedLoss
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """Returns loss, terms and scaled gradients, means over the parts that the batch is computed in."""

        def of_part(part: tf.Tensor | int, one: tf.Tensor, other: tf.Tensor) -> list[tf.Tensor]:
            seed = draw if parts == 1 else tf.random.experimental.stateless_fold_in(draw, part)
            with step_rng.seeded(seed), tf.GradientTape() as tape:
                total, terms = loss(self.model(one, training=True), other)
                scaled = total * self.scale.value
            return [total, terms, *tape.gradient(scaled, self.model.trainable_variables)]

        if parts == 1:
            total, terms, *gradients = of_part(0, inputs, targets)
            return total, terms, gradients
        total, terms, *gradients = _mean_over_parts(
            of_part, inputs, targets, parts, self.model.trainable_variables, loss
        )
        return total, terms, gradients


def _mean_over_parts(
    of_part: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], list[tf.Tensor]],
    inputs: tf.Tensor,
    targets: tf.Tensor,
    parts: int,
    variables: Sequence[tf.Variable],
    loss: WeightedLoss,
) -> list[tf.Tensor]:
    """Adds up the parts one after the other, so that the memory is that of one."""
    size = inputs.shape[0] // parts
    start = [tf.zeros([]), tf.zeros([len(loss.names)]), *(tf.zeros(variable.shape) for variable in variables)]

    def body(part: tf.Tensor, sums: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        rows = slice(part * size, (part + 1) * size)
        one, other = (tf.ensure_shape(side[rows], [size, *side.shape[1:]]) for side in (inputs, targets))
        values = of_part(part, one, other)
        return part + 1, [total + value / parts for total, value in zip(sums, values, strict=True)]

    _, sums = tf.while_loop(lambda part, _: part < parts, body, (tf.constant(0), start), parallel_iterations=1)
    return sums
