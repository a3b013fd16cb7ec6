"""Everything that can be drawn on a clean photograph, by name: one kind, or several on top of each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.errors import InputError
from data.synthesis.haze import add_haze, draw_haze
from data.synthesis.rain import Image, add_rain, draw_parameters, generator, mix
from data.synthesis.raindrops import add_raindrops, draw_raindrops

JOINED_BY = "+"


@dataclass(frozen=True, slots=True)
class Degradation:
    """One kind.

    Attributes:
        draw: Draws its parameters for a severity.
        apply: Draws it on an image [H, W, 3] uint8 RGB: a pure function of (image, parameters, seed).
    """

    draw: Callable[[str, np.random.Generator], Any]
    apply: Callable[[Image, Any, int], Image]


# In the order in which light meets them on its way into the camera.
KINDS: dict[str, Degradation] = {
    "haze": Degradation(draw_haze, add_haze),
    "rain": Degradation(draw_parameters, add_rain),
    "raindrop": Degradation(draw_raindrops, add_raindrops),
}


def parts(name: str) -> tuple[str, ...]:
    """Returns the kinds that a name joins, in the order in which light meets them.

    Args:
        name: Such as "haze" or "haze+rain".

    Raises:
        InputError: One of them is not known, or is named twice.
    """
    asked = name.split(JOINED_BY)
    if len(set(asked)) != len(asked) or not set(asked) <= KINDS.keys():
        raise InputError(f"degradation {name!r}: choose from {', '.join(KINDS)}, or join some with {JOINED_BY}")
    return tuple(kind for kind in KINDS if kind in asked)


def degrade(image: Image, name: str, severity: str, seed: int, stream: int) -> Image:
    """Draws a degradation, or several, on a clean photograph.

    Args:
        image: uint8 RGB, [H, W, 3].
        name: As for `parts`.
        severity: One of `data.synthesis.rain.SEVERITIES`; where kinds are joined, each has it.
        seed: Of the data set.
        stream: Names the place of the image in it: the same seed and stream give the same picture.

    Returns:
        uint8 RGB, [H, W, 3].
    """
    for kind in parts(name):
        # Rain by itself is drawn as it was before there were other kinds: data sets stay what they are.
        place = (stream,) if kind == "rain" else (stream, list(KINDS).index(kind))
        degradation = KINDS[kind]
        parameters = degradation.draw(severity, generator(seed, *place))
        image = degradation.apply(image, parameters, mix(seed, *place))
    return image
