"""Borders, letterboxes and missing parts on one of the two images."""

from __future__ import annotations

import numpy as np

from data.image.arrays import ImageU8
from pipeline.benchmarks.pair_faults.kinds.codes import BORDERED, LOCALLY_MISALIGNED, MISALIGNED, STRETCHED, UNRELATED
from pipeline.benchmarks.pair_faults.kinds.registry import Canvas, fault
from pipeline.benchmarks.pair_faults.kinds.resampling import resize
from pipeline.benchmarks.support.pair_sets import Images


@fault("squeezed between black bars at the sides", "px each", (4, 8, 16), BORDERED, STRETCHED)
def pillarbox(canvas: Canvas, size: float) -> Images:
    """The input is squeezed in width to make room for black bars at its left and right."""
    degraded, target = canvas.images
    height, width = degraded.shape[:2]
    bar = int(size)
    boxed = np.zeros_like(degraded)
    boxed[:, bar : width - bar] = resize(degraded, height, width - 2 * bar)
    return boxed, target


@fault("squeezed beside a black bar", "px", (8, 16), BORDERED, STRETCHED)
def one_bar(canvas: Canvas, size: float) -> Images:
    """The input is squeezed in width beside one black bar, at its left or right."""
    degraded, target = canvas.images
    height, width = degraded.shape[:2]
    bar = int(size)
    boxed = np.zeros_like(degraded)
    start = bar if canvas.choose(2) else 0
    boxed[:, start : start + width - bar] = resize(degraded, height, width - bar)
    return boxed, target


@fault("squeezed between black bars above and below", "px each", (8, 24), BORDERED, STRETCHED)
def letterbox(canvas: Canvas, size: float) -> Images:
    """The input is squeezed in height to make room for black bars above and below it."""
    degraded, target = canvas.images
    height, width = degraded.shape[:2]
    bar = int(size)
    boxed = np.zeros_like(degraded)
    boxed[bar : height - bar] = resize(degraded, height - 2 * bar, width)
    return boxed, target


def _framed(image: ImageU8, size: int, colour: int) -> ImageU8:
    framed = np.full_like(image, colour)
    framed[size:-size, size:-size] = image[size:-size, size:-size]
    return framed


@fault("black border painted over the input", "px", (8, 16), BORDERED, graded=(2, 4))
def black_border(canvas: Canvas, size: float) -> Images:
    """A black frame covers the border of the input."""
    degraded, target = canvas.images
    return _framed(degraded, int(size), 0), target


@fault("white border painted over the input", "px", (8, 16), BORDERED, graded=(4,))
def white_border(canvas: Canvas, size: float) -> Images:
    """A white frame covers the border of the input."""
    degraded, target = canvas.images
    return _framed(degraded, int(size), 255), target


@fault("black border painted over the target", "px", (8, 16), BORDERED, graded=(4,))
def target_border(canvas: Canvas, size: float) -> Images:
    """A black frame covers the border of the target, which the model would learn to paint."""
    degraded, target = canvas.images
    return degraded, _framed(target, int(size), 0)


@fault("shifted with black fill", "px", (4, 8, 16), MISALIGNED, BORDERED, displacement=lambda size: size)
def black_fill(canvas: Canvas, size: float) -> Images:
    """The input is shifted on both axes and the strip that it leaves is black."""
    degraded, target = canvas.images
    moved = np.roll(degraded, (int(size), int(size)), axis=(0, 1))
    moved[: int(size)], moved[:, : int(size)] = 0, 0
    return moved, target


@fault("shifted around the edge", "px", (2, 8, 32), MISALIGNED, displacement=lambda size: size)
def wrapped(canvas: Canvas, size: float) -> Images:
    """The input is shifted and what leaves it at one side comes back at the other, as by numpy.roll."""
    degraded, target = canvas.images
    return np.roll(degraded, int(size) * canvas.sign(), axis=canvas.choose(2)), target


@fault("edge padded", "px", (16, 32), BORDERED, LOCALLY_MISALIGNED, graded=(8,))
def edge_padded(canvas: Canvas, size: float) -> Images:
    """The input lost its border, and the last row and column were repeated to restore its size."""
    degraded, target = canvas.images
    inner = degraded[int(size) : -int(size), int(size) : -int(size)]
    return np.pad(inner, ((int(size),) * 2, (int(size),) * 2, (0, 0)), mode="edge"), target


@fault("lower part of the target missing", "% of the rows", (25, 50), BORDERED, LOCALLY_MISALIGNED, UNRELATED)
def target_cut_short(canvas: Canvas, size: float) -> Images:
    """The lower rows of the target are grey, as where a decoder fills what a truncated file lacks."""
    degraded, target = canvas.images
    short = target.copy()
    short[round(target.shape[0] * (1 - size / 100)) :] = 128
    return degraded, short


@fault("lower part of the input missing", "% of the rows", (25, 50), BORDERED, LOCALLY_MISALIGNED, UNRELATED)
def input_cut_short(canvas: Canvas, size: float) -> Images:
    """The lower rows of the input are grey, as where a decoder fills what a truncated file lacks."""
    degraded, target = canvas.images
    short = degraded.copy()
    short[round(target.shape[0] * (1 - size / 100)) :] = 128
    return short, target
