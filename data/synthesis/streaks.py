"""The streaks of rain: layers of falling drops, as a share of their light at each pixel.

The pattern is sparse noise convolved with the motion blur of a falling drop, the usual construction of the public sets (X. Fu
et al., CVPR 2017, DOI 10.1109/CVPR.2017.186; W. Yang et al., CVPR 2017, DOI 10.1109/CVPR.2017.183; H. Zhang and V. M. Patel,
CVPR 2018, DOI 10.1109/CVPR.2018.00079), here with kernels of many angles and lengths, and in layers by depth: far drops are
many, short, thin and faint, near ones few, long, wide and out of focus (K. Garg and S. K. Nayar, "Photorealistic Rendering of
Rain Streaks", ACM TOG 25(3), 2006, DOI 10.1145/1141911.1141985).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from data.image.arrays import PlaneF32
from data.synthesis.random_streams import between, generator

# Angles, lengths and sub-pixel positions of one layer are spread over this many kernels.
_KERNELS = 12
# Lengths of single streaks relative to their layer's.
_SHORTEST, _LONGEST = 0.6, 1.4
_FWHM_PER_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))


@dataclass(frozen=True, slots=True)
class StreakLayer:
    """Parameters of the drops at one depth.

    Attributes:
        density: Streaks per 10,000 pixels.
        length: Mean length of a streak in pixels.
        width: Width of a streak in focus, pixels at half of its brightness.
        opacity: Share of the drop's light at the middle of a streak in focus, in [0, 1].
        blur: Defocus, standard deviation in pixels; it widens a streak and makes it fainter in proportion.
    """

    density: float
    length: float
    width: float
    opacity: float
    blur: float


@dataclass(frozen=True, slots=True)
class RainParameters:
    """Parameters of one shower.

    Attributes:
        angle: Slant in degrees from the vertical, positive towards the right on the way down.
        spread: Half of the range of angles around it, degrees (turbulence, perspective).
        layers: From far to near.
        veil: Share of light scattered in by rain too far away to be seen as streaks, in [0, 1).
        glow: Light of a drop relative to the brightest light of the scene, in linear light.
    """

    angle: float
    spread: float
    layers: tuple[StreakLayer, ...]
    veil: float
    glow: float


def streaks(height: int, width: int, parameters: RainParameters, seed: int) -> PlaneF32:
    """Draws streaks.

    Args:
        height: Height of the image in pixels.
        width: Width of the image in pixels.
        parameters: Slant and layers of the rain.
        seed: Seed of the streaks' positions.

    Returns:
        Share of the drops' light at each pixel, float32 [H, W] in [0, 1).
    """
    depth = np.zeros((height, width), np.float32)
    for number, layer in enumerate(parameters.layers):
        rng = generator(seed, number)
        depth += _gusts(height, width, rng) * _draw_layer(height, width, layer, parameters, rng)
    # Streaks that cross hide the scene one after the other: their shares multiply, they do not add up.
    return (1.0 - np.exp(-depth)).astype(np.float32)


def streak_kernel(
    length: float, width: float, blur: float, angle: float, offset: tuple[float, float] = (0.0, 0.0)
) -> PlaneF32:
    """Draws one falling drop: a line with soft ends and sides.

    Args:
        length: Length of the streak in pixels.
        width: Width in focus, pixels at half brightness.
        blur: Defocus, standard deviation in pixels.
        angle: Slant in degrees from the vertical.
        offset: (down, right) from the kernel's middle to the line's, pixels.

    Returns:
        float32 with odd sides; the highest value is near 1 in focus, and lower in proportion to the defocus.
    """
    sharp, sigma = _sigma(width, 0.0), _sigma(width, blur)
    sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    half_height = math.ceil(0.5 * length * abs(cosine) + 3.0 * sigma)
    half_width = math.ceil(0.5 * length * abs(sine) + 3.0 * sigma)
    y = np.arange(-half_height, half_height + 1)[:, None] - offset[0]
    x = np.arange(-half_width, half_width + 1)[None, :] - offset[1]
    along, across = y * cosine + x * sine, x * cosine - y * sine
    # The drop's light fades in and out over the outer 40 % of its path: exposures begin and end while it moves.
    fade = np.clip((0.5 * length + sigma - np.abs(along)) / (0.4 * length + 2.0 * sigma), 0.0, 1.0)
    profile = np.exp(-0.5 * (across / sigma) ** 2) * fade * fade * (3.0 - 2.0 * fade)
    return (sharp / sigma * profile).astype(np.float32)


def _draw_layer(
    height: int, width: int, layer: StreakLayer, parameters: RainParameters, rng: np.random.Generator
) -> PlaneF32:
    """Returns the optical depth of one layer, float32 [H, W], unbounded above."""
    margin = math.ceil(_LONGEST * 0.5 * layer.length + 3.0 * _sigma(layer.width, layer.blur)) + 1
    plane = np.zeros((height + 2 * margin, width + 2 * margin), np.float32)
    for _ in range(_KERNELS):
        angle = parameters.angle + parameters.spread * between(rng, (-1.0, 1.0))
        length = layer.length * between(rng, (_SHORTEST, _LONGEST))
        offset = between(rng, (-0.5, 0.5)), between(rng, (-0.5, 0.5))
        kernel = np.float32(layer.opacity) * streak_kernel(length, layer.width, layer.blur, angle, offset)
        _stamp(plane, kernel, layer.density / _KERNELS, rng)
    return plane[margin:-margin, margin:-margin]


def _stamp(plane: PlaneF32, kernel: PlaneF32, density: float, rng: np.random.Generator) -> None:
    """Adds a kernel to a plane at random positions and strengths: sparse noise convolved, without the zeros."""
    rows, columns = plane.shape[0] - kernel.shape[0] + 1, plane.shape[1] - kernel.shape[1] + 1
    count = int(density * rows * columns / 10_000.0 + rng.random())
    tops = (rng.random(count) * rows).astype(int)
    lefts = (rng.random(count) * columns).astype(int)
    strengths = (0.35 + 0.65 * rng.random(count)).astype(np.float32)
    for top, left, strength in zip(tops, lefts, strengths, strict=True):
        plane[top : top + kernel.shape[0], left : left + kernel.shape[1]] += strength * kernel


def _sigma(width: float, blur: float) -> float:
    """Returns the standard deviation of a streak's profile across, pixels."""
    return math.hypot(width / _FWHM_PER_SIGMA, blur)


def _gusts(height: int, width: int, rng: np.random.Generator) -> PlaneF32:
    """Returns a smooth random factor around 1 by which the density of rain varies, float32 [H, W]."""
    coarse = (0.6 + 0.8 * rng.random((4, 4))).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
