"""Measures a network's forward passes or training steps, as the pipeline computes them.

    ast-restore bench model [--variant tiny16] [--size 64] [--batch 8] [--mode train] [--json FILE]

Reports the median of timed passes after a warm-up.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from data.strict_model import StrictModel
from model_code.network.settings import ModelSettings
from model_code.settings import Stage, TrainSettings
from pipeline.benchmarks.common import AST_RESTORE, machine, peak_mib, seconds_of, table

if TYPE_CHECKING:
    import tensorflow as tf
    import tf_keras as keras

Mode = Literal["forward", "train"]


class BenchRequest(StrictModel):
    """Network and inputs to time."""

    model: ModelSettings = Field(description="The network.")
    height: int = Field(ge=16, description="Height of the images in pixels.")
    width: int = Field(ge=16, description="Width of the images in pixels.")
    batch: int = Field(1, ge=1, description="Images per pass or step.")
    mode: Mode = Field(
        "forward", description="forward: a pass of the SavedModel's graph; train: a step of the Trainer."
    )
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = Field("float32", description="Keras's policy.")
    threads: int = Field(2, ge=1, description="Threads within an operation, and operations at a time.")
    warmup: int = Field(3, ge=1, description="Untimed passes; the first one compiles.")
    runs: int = Field(10, ge=1, description="Timed passes.")


class BenchResult(StrictModel):
    """Figures of a network; wall time in milliseconds per pass, memory in MiB of the whole process."""

    request: BenchRequest
    parameters: int
    first_seconds: float = Field(description="First pass, tracing and compiling included.")
    median_ms: float
    fastest_ms: float
    slowest_ms: float
    peak_mib: float = Field(description="Peak resident memory, including about 0.5 GB of TensorFlow itself.")
    machine: dict[str, str | int | float] = Field(description="Processor, cores, load, and versions of libraries.")


def bench(request: BenchRequest, after_each: Callable[[], None]) -> BenchResult:
    """Times a network in this process, whose TensorFlow must not have computed anything yet.

    Args:
        request: Network and inputs.
        after_each: Called after each pass, warm-up included.
    """
    _configure_tensorflow(request)
    from model_code.network import build

    model = build.build(request.model.spec(), request.model.img_size, seed=0)
    step = _forward(model, request) if request.mode == "forward" else _train(model, request)
    times = []
    for _ in range(request.warmup + request.runs):
        times.append(seconds_of(step))
        after_each()
    timed = [1000.0 * seconds for seconds in times[request.warmup :]]
    return BenchResult(
        request=request,
        parameters=sum(int(np.prod(variable.shape)) for variable in model.trainable_variables),
        first_seconds=round(times[0], 2),
        median_ms=round(statistics.median(timed), 1),
        fastest_ms=round(min(timed), 1),
        slowest_ms=round(max(timed), 1),
        peak_mib=round(peak_mib()),
        machine=machine(),
    )


def result_table(result: BenchResult) -> str:
    """Returns a result as a Markdown table."""
    names = ("median_ms", "fastest_ms", "slowest_ms", "first_seconds", "peak_mib", "parameters")
    return table(("figure", "value"), [(name, getattr(result, name)) for name in names])


def _configure_tensorflow(request: BenchRequest) -> None:
    """Sets threads and precision, which TensorFlow reads before its first computation only."""
    import tensorflow as tf
    import tf_keras as keras

    tf.config.threading.set_intra_op_parallelism_threads(request.threads)
    tf.config.threading.set_inter_op_parallelism_threads(request.threads)
    keras.mixed_precision.set_global_policy(request.precision)


def _images(request: BenchRequest, seed: int) -> tf.Tensor:
    import tensorflow as tf

    shape = (request.batch, request.height, request.width, 3)
    return tf.constant(np.random.default_rng(seed).random(shape, dtype=np.float32))


def _forward(model: keras.Model, request: BenchRequest) -> Callable[[], object]:
    """Returns a pass through the graph of a SavedModel, which accepts any size."""
    from model_code.saved_model.export import Restorer

    restorer = Restorer(lambda images: model(images, training=False), model.variables)
    images = _images(request, 1)
    return lambda: restorer.restore(images).numpy()


def _train(model: keras.Model, request: BenchRequest) -> Callable[[], object]:
    """Returns a step with the authors' loss and optimiser; like the reference, it keeps no averaged and no best weights."""
    import tensorflow as tf

    from model_code.training.losses import WeightedLoss
    from model_code.training.training_state import TrainingState

    stage = Stage(patch=request.height, batch=request.batch)
    settings = TrainSettings(stages=(stage,), ema_decay=0.0)
    state = TrainingState(model, settings)
    state.best_weights = []
    step = state.train_step(stage, settings, WeightedLoss(settings.loss))
    inputs, targets, rate = _images(request, 1), _images(request, 2), tf.constant(2e-4)
    return lambda: step(inputs, targets, rate).loss.numpy()


if __name__ == "__main__":
    sys.exit(subprocess.call([*AST_RESTORE, "bench", "model", *sys.argv[1:]]))
