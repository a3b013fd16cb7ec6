"""All that training carries from one step to the next, and the step itself."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf
import tf_keras as keras

from model_code import losses, optimizers
from model_code.ema import WeightMean
from model_code.settings import Stage, TrainSettings

# inputs, targets, learning rate -> loss, whether the step counted
Step = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


class TrainingState(tf.Module):
    """Model, optimiser, running mean and step in one trackable object, so that one checkpoint holds everything.

    Attributes:
        model: The network; float32 [B, H, W, 3] to the same shape.
        optimizer: Moments and update count.
        mean: Running mean of the weights.
        step: int64, steps taken, skipped ones included.
    """

    def __init__(self, model: keras.Model, settings: TrainSettings) -> None:
        super().__init__()
        self.model = model
        self.optimizer = optimizers.Adam(model.trainable_variables, settings.optimizer)
        self.mean = WeightMean(model.trainable_variables, settings.ema_decay)
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)

    def train_step(self, stage: Stage, settings: TrainSettings) -> Step:
        """Returns the compiled step of a stage: one trace, all shapes known.

        Autograph is kept out: it would convert tf_keras itself, which takes longer than the demo's training.
        """
        loss_of = losses.weighted(settings.loss)
        patches = tf.TensorSpec([stage.batch, stage.patch, stage.patch, 3], tf.float32)

        @tf.autograph.experimental.do_not_convert
        def step(inputs: tf.Tensor, targets: tf.Tensor, learning_rate: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                loss = loss_of(self.model(inputs, training=True), targets)
            gradients = tape.gradient(loss, self.model.trainable_variables)
            norm = tf.linalg.global_norm(gradients)
            finite = tf.math.is_finite(loss) & tf.math.is_finite(norm)
            scale = optimizers.clip_scale(norm, settings.optimizer.clip_norm)
            self.optimizer.apply(gradients, learning_rate, gate=finite, scale=scale)
            self.mean.update(self.optimizer.updates, gate=finite)
            self.step.assign_add(1)
            return loss, finite

        return tf.function(step, input_signature=[patches, patches, tf.TensorSpec([], tf.float32)], autograph=False)
