"""The precision in which a float32 SavedModel is computed: as it stands, or in half precision where a trial says so.

TensorFlow's graph optimizer rewrites products and convolutions: to bfloat16 on a processor (oneDNN), to float16 on a GPU. Where
the hardware has no instructions for them, that takes twice as long.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import tensorflow as tf

from data.image.arrays import ImageF32
from data.image.codec.files import read_rgb
from data.synthesis.degradations import degrade
from data.synthesis.embedded import embedded_photos
from model_code.processor import CPU_FLAGS, cpu_flags

_OPTIONS = ("auto_mixed_precision_onednn_bfloat16", "auto_mixed_precision")  # on processors, on GPUs
MAX_CHANGE = 0.02
"""dB by which half precision may change the PSNR of an image that is restored to `_GOOD_PSNR`."""

_GOOD_PSNR = 32.0  # dB; few images are restored better than that
LEAST_AGREEMENT = _GOOD_PSNR - 10 * math.log10(10 ** (MAX_CHANGE / 10) - 1)
"""PSNR in dB between both answers; rounding that is independent of the image's error then costs at most `MAX_CHANGE`."""

LEAST_GAIN = 1.05
"""How many times as fast half precision has to be: two equal computations differ by as much by chance."""

_SIDE = 256  # pixels
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class PrecisionTrial:
    """What a trial measured.

    Attributes:
        gain: How many times as fast half precision is.
        agreement: PSNR between both answers in dB.
    """

    gain: float
    agreement: float

    @property
    def is_half(self) -> bool:
        """Whether half precision is faster and near enough."""
        return self.gain >= LEAST_GAIN and self.agreement >= LEAST_AGREEMENT

    def __str__(self) -> str:
        """Returns the choice and its reason in one line."""
        name = "half precision" if self.is_half else "float32"
        return f"{name}: half is {self.gain:.2f} times as fast here, {self.agreement:.1f} dB from float32's image"


def may_gain() -> bool:
    """Returns whether this machine has instructions for half precision, so that a trial is worth its seconds."""
    return bool(CPU_FLAGS & cpu_flags() or tf.config.list_physical_devices("GPU"))


def session_config(is_half: bool) -> tf.compat.v1.ConfigProto:
    """Returns the settings of a session that computes in a precision.

    Args:
        is_half: Whether in half precision.
    """
    config = tf.compat.v1.ConfigProto()
    if is_half:
        for option in _OPTIONS:
            setattr(config.graph_options.rewrite_options, option, 1)  # RewriterConfig.ON
    return config


@contextmanager
def computing_in_half(is_half: bool) -> Iterator[None]:
    """Makes the functions that are called within compute in a precision, whatever the process computes in otherwise.

    Args:
        is_half: Whether in half precision.

    Yields:
        Nothing.
    """
    before = tf.config.optimizer.get_experimental_options()
    tf.config.optimizer.set_experimental_options(dict.fromkeys(_OPTIONS, is_half))
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({option: before.get(option, False) for option in _OPTIONS})


def try_both(
    restore: Callable[[ImageF32], ImageF32], restore_in_half: Callable[[ImageF32], ImageF32]
) -> PrecisionTrial:
    """Restores a rainy photograph in both precisions, in turns.

    Args:
        restore: Restores a batch in float32, float32 [B, H, W, 3] in [0, 1].
        restore_in_half: The same in half precision.

    Returns:
        What the turns measured; the first call of each, which is slow, does not count.
    """
    image = _probe()
    exact, rounded = restore(image), restore_in_half(image)  # the first call of each is slow
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        for function, taken in zip((restore, restore_in_half), seconds, strict=True):
            start = perf_counter()
            function(image)
            taken.append(perf_counter() - start)
    gain = statistics.median(seconds[0]) / statistics.median(seconds[1])
    return PrecisionTrial(gain, _psnr(rounded, exact))


def _probe() -> ImageF32:
    """Returns float32 [1, 256, 256, 3]."""
    photograph = read_rgb(embedded_photos() / "coffee.jpg")
    rainy = degrade(photograph[:_SIDE, :_SIDE], "rain", "medium", seed=0, stream=0)
    return (rainy[np.newaxis] / 255.0).astype(np.float32)


def _psnr(image: ImageF32, other: ImageF32) -> float:
    difference = np.subtract(image, other, dtype=np.float64)
    error = float(np.mean(difference * difference))
    return -10 * math.log10(error) if error > 0 else math.inf
