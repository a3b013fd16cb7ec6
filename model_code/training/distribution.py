"""Several processors or machines: which strategy, who writes, and whether all stand at the same step.

Batch and learning rate are those of the whole, whatever they are shared among. Every worker validates on all images: that
needs no exchange and ends with the same numbers everywhere.
"""

from __future__ import annotations

import json
import os

import tensorflow as tf

from data.errors import InputError
from model_code.settings import Distribution, TrainSettings

_VARIABLE = "TF_CONFIG"


def strategy(kind: Distribution) -> tf.distribute.Strategy:
    """Makes the strategy; "multi_worker" must be asked for before TensorFlow computes anything in this process.

    Raises:
        InputError: TF_CONFIG is not there or does not describe a cluster, or TensorFlow has computed already.
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
            f"Trainer run in a process of its own, as on Kubeflow ({' '.join(str(error).split())[:120]})"
        ) from error


def _require_cluster() -> None:
    """Raises InputError where TF_CONFIG does not say who the workers are."""
    try:
        told = json.loads(os.environ[_VARIABLE])
        workers, task = told["cluster"]["worker"], told["task"]
        known = bool(workers) and task["type"] in ("worker", "chief") and int(task["index"]) >= 0
    except (KeyError, TypeError, ValueError):
        known = False
    if not known:
        raise InputError(
            f"train.distribution multi_worker: the environment variable {_VARIABLE} must hold "
            '{"cluster": {"worker": ["HOST:PORT", ...]}, "task": {"type": "worker", "index": 0}} in each worker'
        )


def is_chief(used: tf.distribute.Strategy) -> bool:
    """Returns whether this process writes what all share: checkpoints and the model."""
    resolver = used.cluster_resolver
    if resolver is None or resolver.task_type is None:
        return True
    return resolver.task_type == "chief" or (resolver.task_type == "worker" and resolver.task_id == 0)


def require_shares(settings: TrainSettings, used: tf.distribute.Strategy) -> None:
    """Raises InputError where a batch cannot be shared out evenly."""
    for stage in settings.stages:
        parts = used.num_replicas_in_sync * settings.accumulate
        if stage.batch % parts:
            raise InputError(
                f"train.stages[].batch is {stage.batch}: it cannot be shared evenly by {used.num_replicas_in_sync} replicas in "
                f"{settings.accumulate} parts; give a multiple of {parts}"
            )


def require_same_step(used: tf.distribute.Strategy, step: int) -> None:
    """Raises InputError where workers found different checkpoints to go on from, because they share no folder."""
    if used.num_replicas_in_sync == 1:
        return

    @tf.function(autograph=False)
    def extremes() -> tuple[tf.Tensor, tf.Tensor]:
        def mine() -> tuple[tf.Tensor, tf.Tensor]:
            context = tf.distribute.get_replica_context()
            here = tf.constant(step, tf.float32)
            return tuple(context.all_reduce(tf.distribute.ReduceOp.SUM, [here, here * here]))

        return used.run(mine)

    total, squares = (float(used.experimental_local_results(value)[0]) for value in extremes())
    if abs(squares / used.num_replicas_in_sync - (total / used.num_replicas_in_sync) ** 2) > 1e-3 * max(1.0, step):
        raise InputError(
            f"training: this worker would go on from step {step}, another from a different one; "
            "the workspace must be a folder that all workers share"
        )
