"""The degradations that can be drawn on a clean photograph, by name: one kind, or several on top of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from data.errors import InputError
from data.image.arrays import ImageU8
from data.synthesis.haze import add_haze, draw_haze
from data.synthesis.rain import add_rain, draw_rain
from data.synthesis.raindrops import add_raindrops, draw_raindrops
from data.synthesis.random_streams import derived_seed, generator
from data.synthesis.varied_rain.draw import draw_varied_rain
from data.synthesis.varied_rain.rain import add_varied_rain
from data.synthesis.varied_rain.scene import draw_scene, relight

SEPARATOR = "+"
"""Joins the names of several degradations, as in "haze+rain"."""


P = TypeVar("P")

Degrade = Callable[[ImageU8, str, np.random.Generator, int], ImageU8]
"""Degrades an image, uint8 RGB [H, W, 3]: (image, severity, source of its parameters, seed) -> image of the same shape."""


def _kind(
    draw: Callable[[str, np.random.Generator], P],
    apply: Callable[[ImageU8, P, int], ImageU8],
) -> Degrade:
    """Joins the two steps of a degradation: drawing its parameters, and drawing it on an image."""
    return lambda image, severity, rng, seed: apply(image, draw(severity, rng), seed)


VARIED_RAIN = "varied-rain"
"""Rain in wide ranges, with a camera's noise and JPEG after it."""

# In the order in which light meets them on its way into the camera; varied rain has the camera itself at its end. A new kind
# is added at the end, since the place of a kind names its stream.
KINDS: dict[str, Degrade] = {
    "haze": _kind(draw_haze, add_haze),
    "rain": _kind(draw_rain, add_rain),
    "raindrop": _kind(draw_raindrops, add_raindrops),
    VARIED_RAIN: _kind(draw_varied_rain, add_varied_rain),
}


def kinds_of(name: str) -> tuple[str, ...]:
    """Splits the name of a degradation into its kinds.

    Args:
        name: Such as "haze" or "haze+rain".

    Returns:
        Keys of `KINDS`, in the order in which light meets them.

    Raises:
        InputError: A kind is not known, or is named twice.
    """
    asked = name.split(SEPARATOR)
    if len(set(asked)) != len(asked) or not set(asked) <= KINDS.keys():
        raise InputError(f"degradation {name!r}: choose from {', '.join(KINDS)}, or join some with {SEPARATOR}")
    return tuple(kind for kind in KINDS if kind in asked)


def set_light(image: ImageU8, name: str, seed: int, stream: int) -> ImageU8:
    """Draws the light of a scene, for degradations that come by day and by night; others leave the photograph as it is.

    Args:
        image: Clean photograph, uint8 RGB, [H, W, 3].
        name: Name of the degradation, as for `kinds_of`.
        seed: Seed of the data set.
        stream: Number that names the image in the data set.

    Returns:
        The target of a pair and the image to degrade, uint8 RGB, [H, W, 3].
    """
    if VARIED_RAIN not in kinds_of(name):
        return image
    return relight(image, draw_scene(generator(seed, stream, len(KINDS))))


def degrade(image: ImageU8, name: str, severity: str, seed: int, stream: int) -> ImageU8:
    """Draws a degradation, or several, on a clean photograph.

    Args:
        image: uint8 RGB, [H, W, 3].
        name: Its name, as for `kinds_of`.
        severity: One of `data.features.SEVERITIES`; every kind of a joined name has it.
        seed: Seed of the data set.
        stream: Number that names the image in the data set: the same seed and stream give the same picture.

    Returns:
        uint8 RGB, [H, W, 3].
    """
    for kind in kinds_of(name):
        # Rain by itself has the stream that it had before there were other kinds: data sets stay the same.
        streams = (stream,) if kind == "rain" else (stream, list(KINDS).index(kind))
        image = KINDS[kind](image, severity, generator(seed, *streams), derived_seed(seed, *streams))
    return image
