"""Wrong colours and ranges, and targets that are no ground truth because they are degraded themselves."""

from __future__ import annotations

import cv2
import numpy as np

from data.image.arrays import ImageU8
from pipeline.benchmarks.pair_faults.kinds.codes import (
    CHANNELS_SWAPPED,
    LOW_QUALITY_TARGET,
    RANGE_MISMATCH,
    SWAPPED,
    UNRELATED,
)
from pipeline.benchmarks.pair_faults.kinds.registry import Canvas, fault
from pipeline.benchmarks.pair_faults.kinds.resampling import resize, to_u8
from pipeline.benchmarks.pair_faults.kinds.roles import jpeg
from pipeline.benchmarks.support.pair_sets import Images


@fault("BGR for RGB, input", "", (1,), CHANNELS_SWAPPED)
def input_bgr(canvas: Canvas, _: float) -> Images:
    """Red and blue of the input are exchanged, as by a missing colour conversion of OpenCV."""
    return np.ascontiguousarray(canvas.images[0][..., ::-1]), canvas.images[1]


@fault("BGR for RGB, target", "", (1,), CHANNELS_SWAPPED)
def target_bgr(canvas: Canvas, _: float) -> Images:
    """Red and blue of the target are exchanged."""
    return canvas.images[0], np.ascontiguousarray(canvas.images[1][..., ::-1])


@fault("BGR for RGB, input, a tenth of the set", "", (1,), CHANNELS_SWAPPED, share=0.1)
def few_bgr(canvas: Canvas, strength: float) -> Images:
    """Red and blue of the input are exchanged in a tenth of the set."""
    return input_bgr(canvas, strength)


@fault("channels turned round", "", (1,), CHANNELS_SWAPPED)
def channels_turned(canvas: Canvas, _: float) -> Images:
    """The channels of the target are in the order green, blue, red."""
    return canvas.images[0], np.ascontiguousarray(np.roll(canvas.images[1], -1, axis=2))


def _on_one_side(canvas: Canvas, changed: tuple[ImageU8, ImageU8]) -> Images:
    """Returns the pair with one side, drawn by chance, replaced by its changed form."""
    return (changed[0], canvas.images[1]) if canvas.choose(2) else (canvas.images[0], changed[1])


def _scaled(canvas: Canvas, peak: float) -> Images:
    degraded, target = (to_u8(image.astype(np.float32) * np.float32(peak / 255)) for image in canvas.images)
    return _on_one_side(canvas, (degraded, target))


@fault("one side in 0..1, rounded", "", (1,), RANGE_MISMATCH)
def unit_range(canvas: Canvas, _: float) -> Images:
    """One side was divided by 255 and stored as whole numbers, 0 or 1."""
    return _scaled(canvas, 1)


@fault("one side scaled to 0..N", "grey levels", (8, 16), RANGE_MISMATCH, graded=(32,))
def small_range(canvas: Canvas, peak: float) -> Images:
    """One side was scaled to a few grey levels."""
    return _scaled(canvas, peak)


@fault("one side nearly black", "% of its light", (3, 5), RANGE_MISMATCH, graded=(10,))
def nearly_black(canvas: Canvas, share: float) -> Images:
    """One side is so dark that only a few grey levels are left."""
    return _scaled(canvas, share * 2.55)


@fault("target overexposed", "times", (3, 5), RANGE_MISMATCH, graded=(2,))
def overexposed(canvas: Canvas, factor: float) -> Images:
    """The target is so bright that much of it is clipped to white."""
    return canvas.images[0], to_u8(canvas.images[1].astype(np.float32) * np.float32(factor))


@fault("target overflowed", "grey levels added", (64, 128), RANGE_MISMATCH, UNRELATED)
def overflowed(canvas: Canvas, offset: float) -> Images:
    """Light was added to the target in 8 bits, so that bright pixels wrapped round to dark ones."""
    return canvas.images[0], canvas.images[1] + np.uint8(offset)


@fault("one side inverted", "", (1,), RANGE_MISMATCH, UNRELATED)
def inverted(canvas: Canvas, _: float) -> Images:
    """One side is its own negative."""
    degraded, target = canvas.images
    return _on_one_side(canvas, (np.invert(degraded), np.invert(target)))


@fault("target grey", "", (1,), CHANNELS_SWAPPED, RANGE_MISMATCH, LOW_QUALITY_TARGET)
def grey_target(canvas: Canvas, _: float) -> Images:
    """The target lost its colour, so that a model would learn to remove colour."""
    grey = cv2.cvtColor(canvas.images[1], cv2.COLOR_RGB2GRAY)
    return canvas.images[0], np.ascontiguousarray(np.repeat(grey[..., None], 3, axis=2))


@fault("target compressed", "JPEG quality", (5, 10), LOW_QUALITY_TARGET, graded=(20, 30, 50))
def compressed_target(canvas: Canvas, quality: float) -> Images:
    """The target shows the blocks of a strong JPEG compression."""
    return canvas.images[0], jpeg(canvas.images[1], quality)


@fault("target blurred", "px of sigma", (2, 3), LOW_QUALITY_TARGET, SWAPPED, graded=(1,))
def blurred_target(canvas: Canvas, sigma: float) -> Images:
    """The target is out of focus."""
    return canvas.images[0], blurred(canvas.images[1], sigma)


def blurred(image: ImageU8, sigma: float) -> ImageU8:
    """Returns an image after a Gaussian blur of a standard deviation in pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


@fault("target enlarged from a small copy", "times", (3, 4), LOW_QUALITY_TARGET, SWAPPED, graded=(2,))
def enlarged_target(canvas: Canvas, factor: float) -> Images:
    """The target was stored small and enlarged again."""
    height, width = canvas.images[1].shape[:2]
    small = resize(canvas.images[1], round(height / factor), round(width / factor))
    return canvas.images[0], resize(small, height, width)


@fault("target posterised", "grey levels", (4, 8), LOW_QUALITY_TARGET, RANGE_MISMATCH, graded=(16,))
def posterised_target(canvas: Canvas, levels: float) -> Images:
    """The target has a few grey levels per channel."""
    step = np.float32(255 / (levels - 1))
    return canvas.images[0], to_u8(np.rint(canvas.images[1] / step) * step)


@fault("target noisy", "grey levels of sigma", (25, 50), LOW_QUALITY_TARGET, SWAPPED, graded=(10,))
def noisy_target(canvas: Canvas, sigma: float) -> Images:
    """The target has the noise of a high sensitivity."""
    return canvas.images[0], noisy(canvas.images[1], sigma, canvas.rng)


def noisy(image: ImageU8, sigma: float, rng: np.random.Generator) -> ImageU8:
    """Returns an image with noise of a standard deviation; four even numbers are summed to nearly a normal one."""
    noise = rng.random((4, *image.shape), np.float32).sum(0) - np.float32(2)
    return to_u8(image + noise * np.float32(sigma * 3**0.5))


@fault("watermark on the target", "% of the height", (), LOW_QUALITY_TARGET, graded=(10, 25))
def watermark(canvas: Canvas, size: float) -> Images:
    """A line of half transparent text lies over the target only."""
    degraded, target = canvas.images
    height, width = target.shape[:2]
    layer = np.zeros((height, width), np.uint8)
    scale = height * size / 100 / 22
    origin = int(width * 0.08), int(height * (0.5 + size / 200))
    cv2.putText(layer, "WATERMARK", origin, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, max(1, round(2 * scale)))
    weight = layer[..., None].astype(np.float32) / 510
    return degraded, to_u8(target * (1 - weight) + 255 * weight)
