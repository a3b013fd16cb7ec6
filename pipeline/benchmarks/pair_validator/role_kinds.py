"""Pairs whose roles are known, for the fit of the weights by which the pair checks tell the degraded image.

`DEGRADING` spoils a clean picture, `ON_TOP` changes a degraded one further, and `OF_TASTE` changes a picture so that nobody can
say which of both is the better one: the weights have to stay silent on it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import cv2
import numpy as np

from data.features import HEAVY, LIGHT, MEDIUM
from data.image.arrays import ImageU8
from data.synthesis.degradations import degrade
from pipeline.benchmarks.support.corruptions import reencode

Change = Callable[[ImageU8, np.random.Generator], ImageU8]

_SEVERITIES = (LIGHT, MEDIUM, HEAVY)


def generator(name: str) -> np.random.Generator:
    """Returns the source of chance of a picture.

    Args:
        name: Name of the picture.
    """
    return np.random.default_rng(zlib.crc32(name.encode()))


def _weather(kind: str) -> Change:
    def draw(image: ImageU8, rng: np.random.Generator) -> ImageU8:
        severity = _SEVERITIES[int(rng.integers(len(_SEVERITIES)))]
        return degrade(image, kind, severity, int(rng.integers(2**31)), int(rng.integers(2**31)))

    return draw


def _gamma(exponent: float) -> Change:
    table = np.round(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8)
    return lambda image, _: table[image]


def _linear(factor: float, offset: float) -> Change:
    return lambda image, _: _rounded(image.astype(np.float32) * np.float32(factor) + np.float32(offset))


def _noise(sigma: float) -> Change:
    return lambda image, rng: _rounded(image + rng.normal(0, sigma, image.shape))


def _blur(sigma: float) -> Change:
    return lambda image, _: np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def _jpeg(quality: int) -> Change:
    return lambda image, _: reencode(image, quality)


def _motion(image: ImageU8, _: np.random.Generator) -> ImageU8:
    kernel = np.zeros((9, 9), np.float32)
    np.fill_diagonal(kernel, 1 / 9)
    return np.asarray(cv2.filter2D(image, -1, kernel), np.uint8)


def _snow(image: ImageU8, rng: np.random.Generator) -> ImageU8:
    height, width = image.shape[:2]
    flakes = np.zeros((height, width), np.float32)
    for _ in range(height * width // 600):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(flakes, centre, int(rng.integers(1, 4)), float(rng.uniform(0.5, 1)), -1, cv2.LINE_AA)
    cover = cv2.GaussianBlur(flakes, (0, 0), 0.8)[..., None]
    return _rounded(image * (1 - cover) + 245 * cover)


def _night(image: ImageU8, rng: np.random.Generator) -> ImageU8:
    return _noise(3)(_rounded(255 * 0.35 * (image / 255) ** 2.2), rng)


def _sharper(image: ImageU8, _: np.random.Generator) -> ImageU8:
    return np.asarray(cv2.addWeighted(image, 1.6, cv2.GaussianBlur(image, (0, 0), 1.2), -0.6, 0), np.uint8)


def _warmer(image: ImageU8, _: np.random.Generator) -> ImageU8:
    return _rounded(image * np.array([1.12, 1.0, 0.85]))


def _rounded(image: np.ndarray) -> ImageU8:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


DEGRADING: dict[str, Change] = {
    "rain": _weather("rain"),
    "haze": _weather("haze"),
    "raindrop": _weather("raindrop"),
    "haze and rain": _weather("haze+rain"),
    "snow": _snow,
    "night": _night,
    "noise 10": _noise(10),
    "noise 25": _noise(25),
    "blur 1.5": _blur(1.5),
    "motion": _motion,
    "JPEG 10": _jpeg(10),
    "JPEG 30": _jpeg(30),
}
ON_TOP: dict[str, Change] = {
    "gamma 1.4": _gamma(1.4),
    "gamma 0.7": _gamma(1 / 1.4),
    "brighter": _linear(1, 20),
    "darker": _linear(0.8, 0),
    "noise 8": _noise(8),
    "blur 1.5": _blur(1.5),
    "JPEG 10": _jpeg(10),
    "JPEG 30": _jpeg(30),
    "drops": _weather("raindrop"),
}
OF_TASTE: dict[str, Change] = {
    "gamma 1.4": _gamma(1.4),
    "gamma 0.7": _gamma(1 / 1.4),
    "brighter": _linear(1, 20),
    "darker": _linear(0.8, 0),
    "contrast": _linear(1.25, -32),
    "sharper": _sharper,
    "warmer": _warmer,
}
