"""Valid variation of light, colour and sharpness: the input may differ from its target in these ways."""

from __future__ import annotations

import math

import cv2
import numpy as np

from data.image.arrays import ImageU8
from pipeline.benchmarks.pair_faults.kinds.appearance import blurred, noisy
from pipeline.benchmarks.pair_faults.kinds.registry import Canvas, variation
from pipeline.benchmarks.pair_faults.kinds.resampling import grid, resize, to_u8
from pipeline.benchmarks.pair_faults.kinds.roles import jpeg
from pipeline.benchmarks.support.pair_sets import Images


def _curve(image: ImageU8, gamma: float) -> ImageU8:
    return to_u8(255 * (np.arange(256) / 255) ** gamma)[image]


@variation("gamma of the input", "exponent", (0.7, 1.4))
def gamma(canvas: Canvas, exponent: float) -> Images:
    """The tone curve of the degraded input differs."""
    return _curve(canvas.images[0], exponent), canvas.images[1]


@variation("gamma alone", "exponent", (0.7, 1.4))
def gamma_alone(canvas: Canvas, exponent: float) -> Images:
    """The input is the clean picture with another tone curve: exposure correction is a restoration too."""
    return _curve(canvas.images[1], exponent), canvas.images[1]


@variation("input compressed", "JPEG quality", (10, 30, 60))
def compressed(canvas: Canvas, quality: float) -> Images:
    """The degraded input is compressed."""
    return jpeg(canvas.images[0], quality), canvas.images[1]


@variation("input blurred", "px of sigma", (0.7, 1.5))
def blur(canvas: Canvas, sigma: float) -> Images:
    """The degraded input is slightly out of focus."""
    return blurred(canvas.images[0], sigma), canvas.images[1]


@variation("blur alone", "px of sigma", (1.5, 2.5))
def blur_alone(canvas: Canvas, sigma: float) -> Images:
    """The input is the clean picture out of focus: deblurring is a restoration too."""
    return blurred(canvas.images[1], sigma), canvas.images[1]


def moved_during_exposure(image: ImageU8, length: float, angle: float) -> ImageU8:
    """Returns an image after an even motion of the camera: the mean along a line about each pixel.

    Args:
        image: uint8 RGB [H, W, 3].
        length: Length of the line, pixels.
        angle: Its angle to the rows, radians.

    Returns:
        uint8 RGB [H, W, 3].
    """
    side = 2 * math.ceil(length / 2) + 3
    line = np.zeros((side, side), np.float32)
    for step in np.linspace(-(length - 1) / 2, (length - 1) / 2, 8 * math.ceil(length)).tolist():
        row, column = side // 2 + step * math.sin(angle), side // 2 + step * math.cos(angle)
        top, left = math.floor(row), math.floor(column)
        down, right = row - top, column - left
        line[top : top + 2, left : left + 2] += np.outer((1 - down, down), (1 - right, right))
    return np.asarray(cv2.filter2D(image, -1, line / line.sum(), borderType=cv2.BORDER_REFLECT_101), np.uint8)


@variation("motion blur of the input", "px", (5, 9, 15))
def motion(canvas: Canvas, length: float) -> Images:
    """The camera moved while the degraded input was exposed."""
    return moved_during_exposure(canvas.images[0], length, canvas.draw(0, math.pi)), canvas.images[1]


@variation("motion blur alone", "px", (5, 9, 15))
def motion_alone(canvas: Canvas, length: float) -> Images:
    """The input is the clean picture with motion blur: removing it is a restoration too."""
    return moved_during_exposure(canvas.images[1], length, canvas.draw(0, math.pi)), canvas.images[1]


@variation("defocus alone", "px of radius", (2, 3), graded=(4,))
def defocus_alone(canvas: Canvas, radius: float) -> Images:
    """The input is the clean picture, blurred by the round pupil of a lens out of focus."""
    reach = int(radius)
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disk = (np.hypot(rows, columns) <= radius + 0.1).astype(np.float32)
    return np.asarray(cv2.filter2D(canvas.images[1], -1, disk / disk.sum()), np.uint8), canvas.images[1]


@variation("input sharpened", "times the detail", (1, 2))
def sharpened(canvas: Canvas, gain: float) -> Images:
    """A camera sharpened the degraded input."""
    image = canvas.images[0].astype(np.float32)
    return to_u8(image + np.float32(gain) * (image - blurred(canvas.images[0], 1.5))), canvas.images[1]


@variation("reflection on the input", "% of the other", (20, 35))
def reflection(canvas: Canvas, share: float) -> Images:
    """Another scene is mirrored in a pane before the input: removing it is a restoration too."""
    height, width = canvas.images[0].shape[:2]
    other = resize(canvas.other()[1], height, width)
    mixed = canvas.images[0] * np.float32(1 - share / 100) + other * np.float32(share / 100)
    return to_u8(mixed), canvas.images[1]


@variation("input grey", "", (1,))
def grey_input(canvas: Canvas, _: float) -> Images:
    """The degraded input lost its colour: colouring is a restoration too."""
    grey = cv2.cvtColor(canvas.images[0], cv2.COLOR_RGB2GRAY)
    return np.ascontiguousarray(np.repeat(grey[..., None], 3, axis=2)), canvas.images[1]


@variation("input noisy", "grey levels of sigma", (10, 25))
def noise(canvas: Canvas, sigma: float) -> Images:
    """The degraded input has sensor noise."""
    return noisy(canvas.images[0], sigma, canvas.rng), canvas.images[1]


@variation("noise alone", "grey levels of sigma", (15, 40))
def noise_alone(canvas: Canvas, sigma: float) -> Images:
    """The input is the clean picture with noise: denoising is a restoration too."""
    return noisy(canvas.images[1], sigma, canvas.rng), canvas.images[1]


@variation("contrast of the input", "times", (0.5, 0.7, 1.2))
def contrast(canvas: Canvas, factor: float) -> Images:
    """The contrast of the input about its mean differs."""
    image = canvas.images[0].astype(np.float32)
    return to_u8((image - image.mean()) * np.float32(factor) + image.mean()), canvas.images[1]


@variation("exposure of the input", "times", (0.6, 1.5))
def exposure(canvas: Canvas, factor: float) -> Images:
    """The input was exposed for a shorter or longer time; bright parts may clip."""
    return to_u8(canvas.images[0].astype(np.float32) * np.float32(factor)), canvas.images[1]


@variation("colour cast of the input", "%", (15, 30))
def cast(canvas: Canvas, size: float) -> Images:
    """The white balance of the input differs, to warm or to cold."""
    warm = canvas.sign() * size / 100
    gains = np.array([1 + warm, 1, 1 - warm], np.float32)
    return to_u8(canvas.images[0].astype(np.float32) * gains), canvas.images[1]


@variation("saturation of the input", "times", (0.5, 1.4))
def saturation(canvas: Canvas, factor: float) -> Images:
    """The colours of the input are paler or stronger."""
    image = canvas.images[0].astype(np.float32)
    grey = image.mean(2, keepdims=True)
    return to_u8(grey + (image - grey) * np.float32(factor)), canvas.images[1]


@variation("night on the input", "% of the light", (25, 50))
def night(canvas: Canvas, size: float) -> Images:
    """The degraded input was taken in little light, with the noise of it."""
    dark = to_u8(canvas.images[0].astype(np.float32) * np.float32(size / 100))
    return noisy(dark, 3, canvas.rng), canvas.images[1]


@variation("night alone", "% of the light", (25, 50))
def night_alone(canvas: Canvas, size: float) -> Images:
    """The input is the clean scene in little light, with the noise of it."""
    dark = to_u8(canvas.images[1].astype(np.float32) * np.float32(size / 100))
    return noisy(dark, 3, canvas.rng), canvas.images[1]


@variation("input scaled down and up", "times", (1.5, 2))
def resampled(canvas: Canvas, factor: float) -> Images:
    """The degraded input was stored smaller and enlarged again."""
    height, width = canvas.images[0].shape[:2]
    small = resize(canvas.images[0], round(height / factor), round(width / factor))
    return resize(small, height, width), canvas.images[1]


@variation("vignetting of the input", "% at the corners", (30, 60))
def vignette(canvas: Canvas, size: float) -> Images:
    """The lens of the input's camera darkens its corners."""
    rows, columns = grid(canvas.images[0])
    radius = np.hypot(rows, columns) / np.hypot(rows.max(), columns.max())
    gain = (1 - np.float32(size / 100) * radius**2)[..., None]
    return to_u8(canvas.images[0] * gain), canvas.images[1]
