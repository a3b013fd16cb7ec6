"""What the pairs of each starter are: the size of a patch, and how one is cut from a photograph and degraded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from data.features import SEVERITIES, UNKNOWN
from data.image.arrays import ImageU8
from data.synthesis.crops import least_scale, scaled_crop
from data.synthesis.haze import add_haze, draw_varied_haze
from data.synthesis.names import VARIED_RAIN
from data.synthesis.raindrops import add_raindrops, draw_raindrops
from data.synthesis.varied_rain.pairs import draw_pair

WHOLE_VIEW_ZOOM = 2.5
"""Most that a crop for haze or drops is magnified beyond the scale at which it spans its photograph: both belong to a view."""

CLEAN_SHARE = 0.04
"""Share of pairs without haze or drops: a network then learns that some images are to be left alone."""


@dataclass(frozen=True, slots=True)
class DrawnPair:
    """A pair as it was drawn.

    Attributes:
        degraded: The input, uint8 RGB [H, W, 3].
        target: The clean image of the same shape.
        severity: One of `data.features.SEVERITIES`, or "unknown".
    """

    degraded: ImageU8
    target: ImageU8
    severity: str


Draw = Callable[[ImageU8, tuple[int, int], np.random.Generator], DrawnPair]
"""Draws a pair on a photograph: (uint8 RGB [H, W, 3], (height, width) of the patch, source of chance)."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The pairs of a starter.

    Attributes:
        degradation: What the records name it.
        source: What the records name the data set.
        side: Default of a patch's shorter side in pixels.
        count: Default number of pairs.
        elongation: Longer side of a patch divided by the shorter one; it lies along the photograph's longer side.
        takes_hazy: Whether a photograph whose scene has haze is a clean target.
        draw: Draws one pair.
    """

    degradation: str
    source: str
    side: int
    count: int
    elongation: float
    takes_hazy: bool
    draw: Draw

    def size(self, side: int, photo: tuple[int, int]) -> tuple[int, int]:
        """Returns (height, width) of a patch in pixels.

        Args:
            side: Its shorter side in pixels.
            photo: (height, width) of its photograph.
        """
        longer = max(side, min(round(side * self.elongation), max(photo)))
        return (longer, side) if photo[0] > photo[1] else (side, longer)


def _rain(photo: ImageU8, size: tuple[int, int], rng: np.random.Generator) -> DrawnPair:
    degraded, target = draw_pair(photo, *size, rng)
    return DrawnPair(degraded, target, UNKNOWN)


def _haze(target: ImageU8, rng: np.random.Generator) -> DrawnPair:
    """Draws haze in wide ranges."""
    return DrawnPair(add_haze(target, draw_varied_haze(rng), int(rng.random() * 2**32)), target, UNKNOWN)


def _raindrop(target: ImageU8, rng: np.random.Generator) -> DrawnPair:
    """Draws raindrops of any severity."""
    severity = SEVERITIES[int(rng.random() * len(SEVERITIES))]
    drops = draw_raindrops(severity, rng)
    return DrawnPair(add_raindrops(target, drops, int(rng.random() * 2**32)), target, severity)


def _on_views(draw: Callable[[ImageU8, np.random.Generator], DrawnPair]) -> Draw:
    """Returns what draws on crops that show much of their photograph, and leaves some of them clean."""

    def drawn(photo: ImageU8, size: tuple[int, int], rng: np.random.Generator) -> DrawnPair:
        whole = least_scale(photo, size)
        target = scaled_crop(photo, size, (whole, min(1.0, WHOLE_VIEW_ZOOM * whole)), rng)
        is_clean = rng.random() < CLEAN_SHARE
        return DrawnPair(target.copy(), target, UNKNOWN) if is_clean else draw(target, rng)

    return drawn


DRAWINGS: Mapping[str, Drawing] = MappingProxyType(
    {
        "rain": Drawing(VARIED_RAIN, "starter", 128, 24000, 1.0, True, _rain),
        "haze": Drawing("haze", "starter-haze", 256, 4000, 1.5, False, _on_views(_haze)),
        "raindrop": Drawing("raindrop", "starter-raindrop", 256, 4000, 1.5, True, _on_views(_raindrop)),
    }
)
"""The pairs of each starter, by its degradation."""
