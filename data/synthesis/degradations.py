"""The degradations that can be drawn on a clean photograph, by name: one kind, or several on top of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from data.image.arrays import ImageU8
from data.synthesis.haze import add_haze, draw_haze
from data.synthesis.names import NAMES, RAIN, VARIED_RAIN, kinds_of
from data.synthesis.rain import add_rain, draw_rain
from data.synthesis.raindrops import add_raindrops, draw_raindrops
from data.synthesis.random_streams import derived_seed, generator
from data.synthesis.varied_rain.draw import draw_varied_rain
from data.synthesis.varied_rain.rain import add_varied_rain
from data.synthesis.varied_rain.scene import draw_scene, relight

P = TypeVar("P")

Degrade = Callable[[ImageU8, str, np.random.Generator, int], ImageU8]
"""Degrades an image, uint8 RGB [H, W, 3]: (image, severity, source of its parameters, seed) -> image of the same shape."""


def _kind(
    draw: Callable[[str, np.random.Generator], P],
    apply: Callable[[ImageU8, P, int], ImageU8],
) -> Degrade:
    """Joins the two steps of a degradation: drawing its parameters, and drawing it on an image."""
    return lambda image, severity, rng, seed: apply(image, draw(severity, rng), seed)


KINDS: dict[str, Degrade] = {
    "haze": _kind(draw_haze, add_haze),
    RAIN: _kind(draw_rain, add_rain),
    "raindrop": _kind(draw_raindrops, add_raindrops),
    VARIED_RAIN: _kind(draw_varied_rain, add_varied_rain),
}
"""By the names of `data.synthesis.names`."""


def set_light(image: ImageU8, name: str, seed: int, stream: int) -> ImageU8:
    """Draws the light of a scene, for degradations that come by day and by night; others leave the photograph as it is.

    Args:
        image: Clean photograph, uint8 RGB, [H, W, 3].
        name: Name of the degradation, as for `names.kinds_of`.
        seed: Seed of the data set.
        stream: Number that names the image in the data set.

    Returns:
        The target of a pair and the image to degrade, uint8 RGB, [H, W, 3].
    """
    if VARIED_RAIN not in kinds_of(name):
        return image
    return relight(image, draw_scene(generator(seed, stream, len(NAMES))))


def degrade(image: ImageU8, name: str, severity: str, seed: int, stream: int) -> ImageU8:
    """Draws a degradation, or several, on a clean photograph.

    Args:
        image: uint8 RGB, [H, W, 3].
        name: Its name, as for `names.kinds_of`.
        severity: One of `data.features.SEVERITIES`; every kind of a joined name has it.
        seed: Seed of the data set.
        stream: Number that names the image in the data set: the same seed and stream give the same picture.

    Returns:
        uint8 RGB, [H, W, 3].
    """
    for kind in kinds_of(name):
        # Rain by itself has the stream that it had before there were other kinds: data sets stay the same.
        streams = (stream,) if kind == RAIN else (stream, NAMES.index(kind))
        image = KINDS[kind](image, severity, generator(seed, *streams), derived_seed(seed, *streams))
    return image
