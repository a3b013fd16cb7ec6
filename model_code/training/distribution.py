"""Distributed training: the strategy, which worker writes, and whether all workers resume from the same step.

Batch and learning rate are global: they do not change with the number of replicas. Every worker validates on all images, which
needs no exchange and gives the same numbers everywhere.
"""

from __future__ import annotations

import json
import os

import tensorflow as tf

from data.errors import InputError
from data.plain_text import one_line
from model_code.settings import Distribution, TrainSettings

_CLUSTER_VARIABLE = "TF_CONFIG"


def strategy(kind: Distribution) -> tf.distribute.Strategy:
    """Returns the distribution strategy.

    Args:
        kind: "none", "mirrored" (all GPUs of this machine) or "multi_worker", which must be called before TensorFlow
            computes anything in this process.

    Raises:
        InputError: TF_CONFIG is missing or describes no cluster, or TensorFlow has computed already.
    """
    if kind == "none":
        return tf.distribute.get_strategy()
    if kind == "mirrored":
        return tf.distribute.MirroredStrategy()
    _require_cluster()
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except RuntimeError as error:
        raise InputError(
            "train.distribution multi_worker: TensorFlow has computed in this process already, so workers cannot join; let the "
            f"Trainer run in a process of its own, as on Kubeflow ({one_line(error, 120)})"
        ) from error


def _require_cluster() -> None:
    """Raises InputError if TF_CONFIG does not name the workers."""
    try:
        config = json.loads(os.environ[_CLUSTER_VARIABLE])
        workers, task = config["cluster"]["worker"], config["task"]
        is_valid = bool(workers) and task["type"] in ("worker", "chief") and int(task["index"]) >= 0
    except (KeyError, TypeError, ValueError):
        is_valid = False
    if not is_valid:
        raise InputError(
            f"train.distribution multi_worker: the environment variable {_CLUSTER_VARIABLE} must hold "
            '{"cluster": {"worker": ["HOST:PORT", ...]}, "task": {"type": "worker", "index": 0}} in each worker'
        )


def is_chief(used: tf.distribute.Strategy) -> bool:
    """Returns whether this process writes the files that all workers share: checkpoints, event files and the model.

    Args:
        used: The strategy.
    """
    resolver = used.cluster_resolver
    if resolver is None or resolver.task_type is None:
        return True
    return resolver.task_type == "chief" or (resolver.task_type == "worker" and resolver.task_id == 0)


def require_even_shares(settings: TrainSettings, used: tf.distribute.Strategy) -> None:
    """Checks that replicas and gradient accumulation divide the batch of every stage.

    Args:
        settings: Batches, and parts of gradient accumulation.
        used: The strategy.

    Raises:
        InputError: They do not divide a batch.
    """
    for stage in settings.stages:
        parts = used.num_replicas_in_sync * settings.accumulate
        if stage.batch % parts:
            raise InputError(
                f"train.stages[].batch is {stage.batch}: it cannot be shared evenly by {used.num_replicas_in_sync} replicas in "
                f"{settings.accumulate} parts; give a multiple of {parts}"
            )


def require_same_step(used: tf.distribute.Strategy, step: int) -> None:
    """Checks that all workers resume from the same step, by the variance of their steps.

    Args:
        used: The strategy.
        step: From which this worker would resume.

    Raises:
        InputError: Workers would resume from different checkpoints, because they share no folder.
    """
    replicas = used.num_replicas_in_sync
    if replicas == 1:
        return

    @tf.function(autograph=False)
    def sum_over_workers() -> tuple[tf.Tensor, tf.Tensor]:
        def own_step() -> tuple[tf.Tensor, tf.Tensor]:
            context = tf.distribute.get_replica_context()
            own = tf.constant(step, tf.float32)
            return tuple(context.all_reduce(tf.distribute.ReduceOp.SUM, [own, own * own]))

        return used.run(own_step)

    total, squares = (float(used.experimental_local_results(value)[0]) for value in sum_over_workers())
    if abs(squares / replicas - (total / replicas) ** 2) > 1e-3 * max(1.0, step):
        raise InputError(
            f"training: this worker would resume from step {step}, another from a different one; "
            "the workspace must be a folder that all workers share"
        )
