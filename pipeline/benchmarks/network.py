"""How long a network takes: forward passes and training steps, as the pipeline computes them."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from pydantic import Field

from data.strict_model import StrictModel
from model_code.settings import ModelSettings, Stage, TrainSettings

Mode = Literal["forward", "train"]
MEBIBYTE = 2**20


class BenchRequest(StrictModel):
    """What to time."""

    model: ModelSettings = Field(description="The network.")
    height: int = Field(ge=16, description="Height of the images in pixels.")
    width: int = Field(ge=16, description="Width of the images in pixels.")
    batch: int = Field(1, ge=1, description="Images in a pass or step.")
    mode: Mode = Field("forward", description="forward: as the SavedModel restores; train: as the Trainer steps.")
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = Field("float32", description="Keras's policy.")
    threads: int = Field(2, ge=1, description="Threads within an operation, and operations at a time.")
    warmup: int = Field(3, ge=1, description="Passes that do not count; the first compiles.")
    runs: int = Field(10, ge=1, description="Passes that count.")


class BenchResult(StrictModel):
    """What was measured; times in milliseconds of wall clock, memory in MiB of the whole process."""

    request: BenchRequest
    parameters: int
    first_seconds: float = Field(description="The first pass: tracing and compiling.")
    median_ms: float
    fastest_ms: float
    slowest_ms: float
    peak_mib: float = Field(description="Largest resident memory so far, TensorFlow's own 0.5 GB included.")
    tensorflow: str
    processor: str


def bench(request: BenchRequest, after_each: Callable[[], None]) -> BenchResult:
    """Times a network in this process, whose TensorFlow must not have computed anything yet.

    Args:
        request: What to time.
        after_each: Is called after each pass, those of the warm-up too.
    """
    _prepare(request)
    import tensorflow as tf

    from model_code.network import build

    model = build.build(request.model.spec(), request.model.img_size, seed=0)
    step = _forward(model, request) if request.mode == "forward" else _train(model, request)
    times = []
    for seconds in _timed(step, request.warmup + request.runs):
        times.append(seconds)
        after_each()
    counted = [1000.0 * seconds for seconds in times[request.warmup :]]
    return BenchResult(
        request=request,
        parameters=sum(int(np.prod(variable.shape)) for variable in model.trainable_variables),
        first_seconds=round(times[0], 2),
        median_ms=round(statistics.median(counted), 1),
        fastest_ms=round(min(counted), 1),
        slowest_ms=round(max(counted), 1),
        peak_mib=round(_peak_bytes() / MEBIBYTE),
        tensorflow=tf.__version__,
        processor=_processor(),
    )


def _prepare(request: BenchRequest) -> None:
    """Sets what TensorFlow reads once."""
    import tensorflow as tf
    import tf_keras as keras

    tf.config.threading.set_intra_op_parallelism_threads(request.threads)
    tf.config.threading.set_inter_op_parallelism_threads(request.threads)
    keras.mixed_precision.set_global_policy(request.precision)


def _images(request: BenchRequest, seed: int) -> Any:
    import tensorflow as tf

    shape = (request.batch, request.height, request.width, 3)
    return tf.constant(np.random.default_rng(seed).random(shape, dtype=np.float32))


def _forward(model: Any, request: BenchRequest) -> Callable[[], Any]:
    """Returns a pass through the graph that a SavedModel carries, which takes any size."""
    from model_code.saved_model.export import Restorer

    restorer = Restorer(lambda images: model(images, training=False), model.variables)
    images = _images(request, 1)
    return lambda: restorer.restore(images).numpy()


def _train(model: Any, request: BenchRequest) -> Callable[[], Any]:
    """Returns a step with the authors' loss and optimiser, without running mean and best weights: the reference keeps none."""
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


def _timed(step: Callable[[], Any], count: int) -> Iterator[float]:
    for _ in range(count):
        start = time.perf_counter()
        step()
        yield time.perf_counter() - start


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if platform.system() == "Darwin" else 1024)


def _processor() -> str:
    """Returns the processor's name, as far as the system tells it, and how many processors this process may use."""
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), name)
    return f"{name}, {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} processors"
