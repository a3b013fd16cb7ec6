"""Valid variation of both images together, of the scene itself, and of the set."""

from __future__ import annotations

import numpy as np

from data.features import HEAVY, LIGHT, MEDIUM
from data.image.arrays import ImageU8
from data.synthesis.degradations import degrade
from pipeline.benchmarks.pair_faults.kinds.affine import linear
from pipeline.benchmarks.pair_faults.kinds.codes import DUPLICATE
from pipeline.benchmarks.pair_faults.kinds.registry import Canvas, variation
from pipeline.benchmarks.pair_faults.kinds.resampling import cut, remap, resize, smooth_noise, to_u8, warp
from pipeline.benchmarks.pair_faults.kinds.roles import jpeg
from pipeline.benchmarks.support.pair_sets import Images

_SEVERITIES = (LIGHT, MEDIUM, HEAVY)


@variation("as published", "", (1,))
def untouched(canvas: Canvas, _: float) -> Images:
    """The true pair as it is."""
    return canvas.images


def _weather(name: str, strength: float, image: ImageU8, canvas: Canvas) -> ImageU8:
    severity = _SEVERITIES[int(strength) - 1]
    return degrade(image, name, severity, int(canvas.rng.random() * 2**31), int(canvas.rng.random() * 2**31))


@variation("haze on top", "severity 1 to 3", (2,), graded=(3,))
def haze_on_top(canvas: Canvas, severity: float) -> Images:
    """Haze lies over the degraded input as well."""
    return _weather("haze", severity, canvas.images[0], canvas), canvas.images[1]


@variation("haze alone", "severity 1 to 3", (1, 2, 3))
def haze_alone(canvas: Canvas, severity: float) -> Images:
    """The input is the clean picture in haze."""
    return _weather("haze", severity, canvas.images[1], canvas), canvas.images[1]


@variation("rain alone", "severity 1 to 3", (1, 2, 3))
def rain_alone(canvas: Canvas, severity: float) -> Images:
    """The input is the clean picture in rain."""
    return _weather("rain", severity, canvas.images[1], canvas), canvas.images[1]


@variation("raindrops alone", "severity 1 to 3", (1, 2, 3))
def raindrops_alone(canvas: Canvas, severity: float) -> Images:
    """The input is the clean picture through a pane with drops, which blur and hide more than they add."""
    return _weather("raindrop", severity, canvas.images[1], canvas), canvas.images[1]


@variation("two weathers of one scene", "", (1,), DUPLICATE, keeps_original=True)
def two_weathers(canvas: Canvas, _: float) -> Images:
    """The set shows the scene again under another weather: more to learn from, and no duplicate."""
    kind = ("haze", "rain", "raindrop")[canvas.choose(3)]
    return _weather(kind, 2, canvas.images[1], canvas), canvas.images[1]


@variation("night version of one scene", "", (1,), DUPLICATE, keeps_original=True)
def night_version(canvas: Canvas, _: float) -> Images:
    """The set shows the scene again with the same weather in half the light."""
    return to_u8(canvas.images[0].astype(np.float32) * np.float32(0.5)), canvas.images[1]


@variation("haze version of one scene", "", (1,), DUPLICATE, keeps_original=True)
def haze_version(canvas: Canvas, _: float) -> Images:
    """The set shows the scene again with the same weather and haze."""
    return _weather("haze", 1, canvas.images[0], canvas), canvas.images[1]


@variation("leaves and water move", "px", (0.5, 1))
def small_motion(canvas: Canvas, size: float) -> Images:
    """A third of the picture moves a little between the two exposures, in waves of about 32 pixels."""
    degraded, target = canvas.images
    height, width = degraded.shape[:2]
    where = np.clip(smooth_noise((height, width), 96, canvas.rng) * 4 - 0.5, 0, 1)
    down, right = (np.float32(size) * where * smooth_noise((height, width), 32, canvas.rng) for _ in range(2))
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    moved = remap(degraded, (rows - down).astype(np.float32), (columns - right).astype(np.float32))
    return cut((moved, target), (slice(4, height - 4), slice(4, width - 4)))


@variation("registered to a quarter pixel", "px", (0.15, 0.25))
def quarter_pixel(canvas: Canvas, size: float) -> Images:
    """Both exposures were registered as well as real ones are: a residual shift on one axis."""
    down, right = ((size, 0.0), (0.0, size))[canvas.choose(2)]
    return warp(canvas.images, linear(1, 0, 0, 1, down * canvas.sign(), right * canvas.sign()))


@variation("both compressed", "JPEG quality", (50, 75))
def both_compressed(canvas: Canvas, quality: float) -> Images:
    """Both images are stored as JPEG of usual quality."""
    degraded, target = (jpeg(image, quality) for image in canvas.images)
    return degraded, target


@variation("both reduced to half", "", (1,))
def both_reduced(canvas: Canvas, _: float) -> Images:
    """Both images are stored at half their size."""
    height, width = canvas.images[0].shape[:2]
    degraded, target = (resize(image, height // 2, width // 2) for image in canvas.images)
    return degraded, target


@variation("both cut small", "px a side", (128, 192))
def both_cut(canvas: Canvas, size: float) -> Images:
    """Both images are the same small part of the scene."""
    height, width = canvas.images[0].shape[:2]
    side = min(int(size), height, width)
    top, left = canvas.choose(height - side + 1), canvas.choose(width - side + 1)
    return cut(canvas.images, (slice(top, top + side), slice(left, left + side)))


@variation("both mirrored", "", (1,))
def both_mirrored(canvas: Canvas, _: float) -> Images:
    """Both images are mirrored together."""
    degraded, target = (np.ascontiguousarray(image[:, ::-1]) for image in canvas.images)
    return degraded, target


@variation("both grey", "", (1,))
def both_grey(canvas: Canvas, _: float) -> Images:
    """Both images are black and white."""
    degraded, target = (
        np.repeat(to_u8(image.astype(np.float32).mean(2, keepdims=True)), 3, axis=2) for image in canvas.images
    )
    return degraded, target


@variation("both dark", "% of the light", (40,))
def both_dark(canvas: Canvas, size: float) -> Images:
    """Both images were taken in little light."""
    degraded, target = (to_u8(image.astype(np.float32) * np.float32(size / 100)) for image in canvas.images)
    return degraded, target


@variation("both letterboxed", "px", (8, 24))
def both_letterboxed(canvas: Canvas, size: float) -> Images:
    """Both images have the same black bars above and below, as frames of a film."""
    degraded, target = (image.copy() for image in canvas.images)
    for image in (degraded, target):
        image[: int(size)], image[-int(size) :] = 0, 0
    return degraded, target
