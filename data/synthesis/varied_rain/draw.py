"""Draws the parameters of varied rain from their ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from data.features import SEVERITIES
from data.synthesis.random_streams import between
from data.synthesis.varied_rain.parameters import (
    Blending,
    CameraParameters,
    GrainLayer,
    LineLayer,
    Mode,
    VariedRain,
    Veil,
)
from data.synthesis.varied_rain.ranges import BROAD, GRAIN, IMAGE, THIN, LineRanges, Range

T = TypeVar("T")

_MODES: tuple[Mode, ...] = ("add", "screen", "alpha", "sheet")
_KINDS = ("thin", "broad", "grain", "grain and thin")
# The farthest layer's size relative to the nearest's.
_FARTHEST = 0.35
# A shorter dash is a snowflake: the shortest of Rain800 are four times as long as wide.
_SLENDER = 4.0


def draw_varied_rain(severity: str, rng: np.random.Generator) -> VariedRain:
    """Draws the parameters of the rain of one image.

    Args:
        severity: One of `data.features.SEVERITIES`.
        rng: Source of chance.

    Returns:
        Parameters for `data.synthesis.varied_rain.rain.add_varied_rain`.

    Raises:
        ValueError: The severity is not known.
    """
    if severity not in SEVERITIES:
        raise ValueError(f"severity {severity!r}: expected one of {', '.join(SEVERITIES)}")
    kind = _choice(rng, _KINDS, IMAGE.kinds[severity])
    slant = 0.5 * IMAGE.slant * (2.0 * (rng.random() + rng.random()) - 2.0)
    lines: tuple[LineLayer, ...] = ()
    grains: tuple[GrainLayer, ...] = ()
    shares, darkening = THIN.modes, 0.0
    if kind == "broad":
        lines, shares = _lines(BROAD, severity, slant, rng), BROAD.modes
    elif kind == "thin":
        lines = _lines(THIN, severity, slant, rng)
    else:
        is_texture, shares = rng.random() < GRAIN.texture_share, GRAIN.modes
        grains = _grains(severity, slant, is_texture, rng)
        mean = sum(layer.contrast * layer.level for layer in grains)
        darkening = mean * between(rng, GRAIN.darkening) if is_texture else 0.0
        if kind == "grain and thin":
            lines = tuple(replace(line, density=0.3 * line.density) for line in _lines(THIN, severity, slant, rng))
    return VariedRain(
        lines=lines,
        grains=grains,
        blending=_blending(_choice(rng, _MODES, shares), severity, darkening, rng),
        veil=_veil(severity, rng),
        camera=_camera(rng),
    )


def _lines(ranges: LineRanges, severity: str, slant: float, rng: np.random.Generator) -> tuple[LineLayer, ...]:
    """Returns layers of streaks from near to far: the farther, the smaller, fainter and more."""
    count = _whole(rng, ranges.layers)
    length, width = _log_between(rng, ranges.length), _log_between(rng, ranges.width)
    shortest = between(rng, (0.3, 0.8))
    cover = _log_between(rng, ranges.cover[severity])
    density = 10_000.0 * cover / (0.5 * (1.0 + shortest) * length * width)
    nearest = LineLayer(
        density=density,
        length=length,
        shortest=shortest,
        width=width,
        brightness=between(rng, ranges.brightness[severity]),
        faintness=between(rng, ranges.faintness),
        taper=_sometimes(rng, 1.0 - ranges.hard_share, ranges.taper),
        angle=slant,
        spread=between(rng, ranges.spread),
        defocus=0.0,
    )
    in_focus = rng.random()
    blur = between(rng, ranges.defocus)
    layers = []
    for number in range(count):
        depth = number / max(1, count - 1) * between(rng, (0.7, 1.0))
        size = 1.0 - (1.0 - _FARTHEST) * depth
        layers.append(
            replace(
                nearest,
                # The share of the image that is covered stays alike: small streaks are more.
                density=density / (count * size**2),
                length=max(6.0, size * nearest.length),
                width=max(ranges.width[0], size * nearest.width),
                brightness=(0.4 + 0.6 * size) * nearest.brightness,
                angle=slant + between(rng, (-1.0, 1.0)) * between(rng, ranges.layer_turn),
                defocus=blur * abs(depth - in_focus),
            )
        )
    return tuple(layers)


def _grains(severity: str, slant: float, is_texture: bool, rng: np.random.Generator) -> tuple[GrainLayer, ...]:
    """Returns layers of blurred noise."""
    count = _whole(rng, GRAIN.layers)
    # Variances of layers add up.
    contrast = between(rng, GRAIN.contrast[severity]) / math.sqrt(count)
    shares, levels = (GRAIN.texture_grains, GRAIN.texture_level) if is_texture else (GRAIN.share, GRAIN.level[severity])
    layers = []
    for _ in range(count):
        share, grain, length = (_log_between(rng, bounds) for bounds in (shares, GRAIN.grain, GRAIN.length))
        layers.append(
            GrainLayer(
                share=share,
                grain=grain,
                length=max(length, _SLENDER * grain),
                contrast=contrast,
                level=between(rng, levels) / (1 if is_texture else count),
                brightest=between(rng, GRAIN.brightest),
                angle=slant + between(rng, (-1.0, 1.0)) * between(rng, GRAIN.layer_turn),
                defocus=between(rng, GRAIN.defocus),
            )
        )
    return tuple(layers)


def _blending(mode: Mode, severity: str, darkening: float, rng: np.random.Generator) -> Blending:
    bright, tint = between(rng, IMAGE.light), between(rng, (-IMAGE.tint, IMAGE.tint))
    return Blending(
        mode=mode,
        in_linear_light=rng.random() < IMAGE.in_linear_light,
        light=(min(1.0, bright * (1.0 + tint)), bright, min(1.0, bright * (1.0 - tint))),
        follows_scene=_sometimes(rng, 0.5, IMAGE.follows_scene),
        opacity=between(rng, GRAIN.opacity[severity]),
        darkening=darkening,
        unevenness=_sometimes(rng, 0.5, IMAGE.unevenness),
    )


def _veil(severity: str, rng: np.random.Generator) -> Veil:
    top = _sometimes(rng, IMAGE.veil_share[severity], IMAGE.veil[severity])
    return Veil(
        top=top,
        bottom=top * between(rng, IMAGE.veil_near),
        light=between(rng, IMAGE.veil_light),
        unevenness=between(rng, (0.0, 0.5)),
    )


def _camera(rng: np.random.Generator) -> CameraParameters:
    is_toned, is_noisy, is_jpeg = (
        rng.random() < share for share in (IMAGE.tone_share, IMAGE.noise_share, IMAGE.jpeg_share)
    )
    contrast, pivot = between(rng, IMAGE.contrast), between(rng, IMAGE.pivot)
    shot, read = between(rng, IMAGE.shot_noise), between(rng, IMAGE.read_noise)
    quality = _whole(rng, IMAGE.jpeg_quality)
    return CameraParameters(
        contrast=contrast if is_toned else 1.0,
        pivot=pivot,
        shot_noise=shot if is_noisy else 0.0,
        read_noise=read if is_noisy else 0.0,
        jpeg_quality=quality if is_jpeg else None,
        subsampled=rng.random() < 0.5,
    )


def _choice(rng: np.random.Generator, values: Sequence[T], shares: Sequence[float]) -> T:
    """Draws one of some values by their shares."""
    place = int(np.searchsorted(np.cumsum(shares), rng.random() * sum(shares), side="right"))
    return values[min(place, len(values) - 1)]


def _whole(rng: np.random.Generator, bounds: tuple[int, int]) -> int:
    """Draws a whole number, both bounds included."""
    return bounds[0] + int(rng.random() * (bounds[1] - bounds[0] + 1))


def _log_between(rng: np.random.Generator, bounds: Range) -> float:
    """Draws a number evenly in its logarithm."""
    return math.exp(between(rng, (math.log(bounds[0]), math.log(bounds[1]))))


def _sometimes(rng: np.random.Generator, share: float, bounds: Range) -> float:
    """Draws a number in a share of the cases, and else gives 0."""
    happens, value = rng.random() < share, between(rng, bounds)
    return value if happens else 0.0
