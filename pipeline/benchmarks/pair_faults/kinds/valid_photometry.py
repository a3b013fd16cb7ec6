"""Valid variation of light, colour and sharpness: the input may differ from its target in these ways."""

from __future__ import annotations

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
