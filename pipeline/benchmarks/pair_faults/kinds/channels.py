"""Wrong colours by single channels, and parts of a target that hold nothing of its scene."""

from __future__ import annotations

import cv2
import numpy as np

from data.image.arrays import ImageU8
from pipeline.benchmarks.pair_faults.kinds.codes import (
    BORDERED,
    CHANNELS_SWAPPED,
    LOCALLY_MISALIGNED,
    LOW_QUALITY_TARGET,
    MISALIGNED,
    RANGE_MISMATCH,
    UNRELATED,
)
from pipeline.benchmarks.pair_faults.kinds.registry import Canvas, fault
from pipeline.benchmarks.pair_faults.kinds.resampling import cut, resize, to_u8
from pipeline.benchmarks.support.pair_sets import Images

# Rows and columns that a shifted channel may read from the other side.
_REACH = 8


def _other_target(canvas: Canvas) -> ImageU8:
    """Returns the target of another scene in the size of this one."""
    height, width = canvas.images[1].shape[:2]
    return resize(canvas.other()[1], height, width)


def _side(canvas: Canvas) -> int:
    """Draws a side: 0, the input, or 1, the target."""
    return canvas.choose(2)


def _with(images: Images, side: int, changed: ImageU8) -> Images:
    return (images[0], changed) if side else (changed, images[1])


@fault("one channel shifted", "px", (3, 6), MISALIGNED, LOCALLY_MISALIGNED, CHANNELS_SWAPPED, graded=(1, 2))
def shifted_channel(canvas: Canvas, size: float) -> Images:
    """The red or the blue channel of one side lies off the others, as where channels were registered one by one."""
    side, channel = _side(canvas), 2 * canvas.choose(2)
    changed = canvas.images[side].copy()
    changed[..., channel] = np.roll(changed[..., channel], int(size) * canvas.sign(), axis=canvas.choose(2))
    inner = tuple(slice(_REACH, length - _REACH) for length in changed.shape[:2])
    return cut(_with(canvas.images, side, changed), (inner[0], inner[1]))


@fault("one channel missing", "", (1,), CHANNELS_SWAPPED, RANGE_MISMATCH)
def missing_channel(canvas: Canvas, _: float) -> Images:
    """One channel of one side is empty, as where a file of two planes was read as one of three."""
    side = _side(canvas)
    changed = canvas.images[side].copy()
    changed[..., canvas.choose(3)] = 0
    return _with(canvas.images, side, changed)


@fault("one channel inverted", "", (1,), CHANNELS_SWAPPED, RANGE_MISMATCH)
def inverted_channel(canvas: Canvas, _: float) -> Images:
    """The red or the blue channel of the target is its own negative."""
    channel = 2 * canvas.choose(2)
    changed = canvas.images[1].copy()
    changed[..., channel] = 255 - changed[..., channel]
    return canvas.images[0], changed


@fault("channel of another picture", "", (1,), CHANNELS_SWAPPED, UNRELATED)
def foreign_channel(canvas: Canvas, _: float) -> Images:
    """The red or the blue channel of the target is that of another picture, as where planes of a batch were joined wrongly."""
    channel = 2 * canvas.choose(2)
    changed = canvas.images[1].copy()
    changed[..., channel] = _other_target(canvas)[..., channel]
    return canvas.images[0], changed


@fault("hue turned", "degrees", (90, 180), CHANNELS_SWAPPED, graded=(30, 60))
def turned_hue(canvas: Canvas, degrees: float) -> Images:
    """The hues of the target are turned, as by a wrong range of hue in a conversion from HSV."""
    hsv = cv2.cvtColor(canvas.images[1].astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0] + np.float32(degrees)) % 360
    return canvas.images[0], to_u8(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255)


@fault("target in YCbCr", "", (1,), CHANNELS_SWAPPED, UNRELATED, LOCALLY_MISALIGNED)
def ycbcr(canvas: Canvas, _: float) -> Images:
    """The target was stored in YCbCr and is read as RGB."""
    return canvas.images[0], np.asarray(cv2.cvtColor(canvas.images[1], cv2.COLOR_RGB2YCrCb), np.uint8)


@fault(
    "black box on the target", "px a side", (96, 128), LOCALLY_MISALIGNED, BORDERED, LOW_QUALITY_TARGET, graded=(48, 64)
)
def black_box(canvas: Canvas, size: float) -> Images:
    """A square of the target is black, as where a tile was never written."""
    changed, side = canvas.images[1].copy(), int(size)
    top, left = (canvas.choose(max(1, length - side)) for length in changed.shape[:2])
    changed[top : top + side, left : left + side] = 0
    return canvas.images[0], changed


@fault("lower rows frozen", "% of the rows", (25, 50), BORDERED, LOCALLY_MISALIGNED, UNRELATED)
def frozen_rows(canvas: Canvas, size: float) -> Images:
    """The lower rows of one side repeat the row above them, as where a decoder fills what a file lacks with the last row."""
    side = _side(canvas)
    changed = canvas.images[side].copy()
    first = round(changed.shape[0] * (1 - size / 100))
    changed[first:] = changed[first - 1]
    return _with(canvas.images, side, changed)


@fault("target of one colour", "grey level", (0, 128, 255), RANGE_MISMATCH, UNRELATED)
def flat_target(canvas: Canvas, level: float) -> Images:
    """The target is a blank image, as where a renderer or a download failed."""
    return canvas.images[0], np.full_like(canvas.images[1], int(level))


@fault("columns of another picture", "", (1,), LOCALLY_MISALIGNED, UNRELATED)
def foreign_columns(canvas: Canvas, _: float) -> Images:
    """Every second column of the target is that of another picture, as where two frames of a stereo pair were woven."""
    changed = canvas.images[1].copy()
    changed[:, 1::2] = _other_target(canvas)[:, 1::2]
    return canvas.images[0], changed


@fault("target blended with another picture", "% of the other", (), LOW_QUALITY_TARGET, UNRELATED, graded=(20, 35, 50))
def blended_target(canvas: Canvas, share: float) -> Images:
    """Another picture shines through the target, as where frames were averaged over a cut."""
    other = _other_target(canvas).astype(np.float32)
    return canvas.images[0], to_u8(canvas.images[1] * np.float32(1 - share / 100) + other * np.float32(share / 100))


@fault("target pixelated", "px a side", (3, 6), LOW_QUALITY_TARGET, graded=(2,))
def pixelated_target(canvas: Canvas, size: float) -> Images:
    """The target was stored small and enlarged by repeating its pixels."""
    height, width = canvas.images[1].shape[:2]
    small = resize(canvas.images[1], max(1, height // int(size)), max(1, width // int(size)))
    return canvas.images[0], np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


@fault("rows jittered", "px", (4,), LOCALLY_MISALIGNED, MISALIGNED, graded=(2,))
def jittered_rows(canvas: Canvas, size: float) -> Images:
    """Each row of the input lies off its place by a distance of its own, as in a recording with a failing time base."""
    changed = canvas.images[0].copy()
    for row, by in enumerate(np.rint((canvas.rng.random(len(changed)) * 2 - 1) * size).astype(int).tolist()):
        changed[row] = np.roll(changed[row], by, axis=0)
    return cut((changed, canvas.images[1]), (slice(None), slice(_REACH, changed.shape[1] - _REACH)))
