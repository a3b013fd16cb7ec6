"""The wrong picture, or the right one mirrored or turned."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from data.image.arrays import ImageU8
from pipeline.benchmarks.pair_faults.kinds.codes import FLIPPED, MISALIGNED, SCALED, UNRELATED
from pipeline.benchmarks.pair_faults.kinds.registry import Canvas, fault
from pipeline.benchmarks.pair_faults.kinds.resampling import resize
from pipeline.benchmarks.support.pair_sets import Images


def _middle(image: ImageU8, height: int, width: int) -> ImageU8:
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return np.ascontiguousarray(image[top : top + height, left : left + width])


@fault("next scene's target", "", (1,), UNRELATED)
def next_target(canvas: Canvas, _: float) -> Images:
    """The target is that of the next scene of the set, as where a list is off by one; both are cut to a common size."""
    degraded = canvas.images[0]
    target = canvas.other()[1]
    height, width = (min(sides) for sides in zip(degraded.shape[:2], target.shape[:2], strict=True))
    return _middle(degraded, height, width), _middle(target, height, width)


@fault("next scene's target, in a tenth of the set", "", (1,), UNRELATED, share=0.1)
def few_next_targets(canvas: Canvas, strength: float) -> Images:
    """A tenth of the set has the target of the next scene; the rest is right."""
    return next_target(canvas, strength)


@fault("next scene's target, resized", "", (1,), UNRELATED)
def next_target_resized(canvas: Canvas, _: float) -> Images:
    """The target is that of the next scene, resized to the size of the input."""
    degraded = canvas.images[0]
    return degraded, resize(canvas.other()[1], *degraded.shape[:2])


@fault("another part of the scene", "% of the width apart", (50,), UNRELATED, MISALIGNED)
def other_part(canvas: Canvas, size: float) -> Images:
    """Input and target are cut from different parts of the same picture that do not overlap."""
    degraded, target = canvas.images
    width = int(target.shape[1] * size / 100)
    return np.ascontiguousarray(degraded[:, :width]), np.ascontiguousarray(target[:, -width:])


@fault("a part enlarged", "% of the sides", (50, 75), UNRELATED, SCALED)
def enlarged(canvas: Canvas, size: float) -> Images:
    """The input shows the middle of the scene only, enlarged to the size of the target."""
    degraded, target = canvas.images
    height, width = target.shape[:2]
    inner = _middle(degraded, round(height * size / 100), round(width * size / 100))
    return resize(inner, height, width), target


def _square(images: Images) -> Images:
    side = min(images[1].shape[:2])
    return _middle(images[0], side, side), _middle(images[1], side, side)


def _orientation(name: str, sentence: str, turn: Callable[[ImageU8], ImageU8], is_square: bool) -> None:
    """Registers one orientation of the input."""

    def draw(canvas: Canvas, _: float) -> Images:
        degraded, target = _square(canvas.images) if is_square else canvas.images
        return np.ascontiguousarray(turn(degraded)), target

    draw.__doc__ = sentence
    fault(name, "", (1,), FLIPPED)(draw)


_orientation("mirrored", "The input is mirrored left to right.", lambda image: image[:, ::-1], False)
_orientation("upside down", "The input is mirrored top to bottom.", lambda image: image[::-1], False)
_orientation("half turn", "The input is turned by 180 degrees.", lambda image: image[::-1, ::-1], False)
_orientation("transposed", "Rows and columns of the input are exchanged.", lambda image: image.transpose(1, 0, 2), True)
_orientation("quarter turn", "The input is turned by 90 degrees.", lambda image: np.rot90(image), True)


@fault("mirrored, in a tenth of the set", "", (1,), FLIPPED, share=0.1)
def few_mirrored(canvas: Canvas, _: float) -> Images:
    """A tenth of the set has its inputs mirrored left to right; the rest is right."""
    return np.ascontiguousarray(canvas.images[0][:, ::-1]), canvas.images[1]
