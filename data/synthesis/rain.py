"""Rain drawn on a clean photograph, as pure functions of (image, parameters, seed).

The model, and where it comes from:

* A falling drop is a lens that gathers light from almost the whole sky, so it is brighter than most of what is behind
  it; it crosses a pixel in a fraction of the exposure, so the pixel is a mixture of the scene behind and the drop's
  light, `J = (1 - a) * B + a * E`, in *linear* light (K. Garg and S. K. Nayar, "Vision and Rain", IJCV 75(1), 2007).
  Where the background is as bright as the sky, rain vanishes, as it does in photographs.
* The streak pattern `a` is sparse noise convolved with the motion blur of a falling drop, the usual construction of the
  public sets (Fu et al. 2017, Yang et al. 2017, Zhang and Patel 2018), here with kernels of many
  angles and lengths, and in layers by depth: far drops are many, short, thin and faint, near ones few, long, wide and
  out of focus (Garg and Nayar, "Photorealistic Rendering of Rain Streaks", SIGGRAPH 2006).
* Rain too far away to be seen as streaks scatters light into the path: a thin even veil,
  `J = (1 - v) * J + v * E` (Nayar and Narasimhan, "Vision in Bad Weather", ICCV 1999).

Only `Generator.random()` of PCG64 is drawn from: NumPy may change the streams of its other distributions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LIGHT = "light"
MEDIUM = "medium"
HEAVY = "heavy"
SEVERITIES = (LIGHT, MEDIUM, HEAVY)

# Angles, lengths and places between pixels of one layer are spread over this many kernels.
_KERNELS = 12
# Lengths of single streaks relative to their layer's.
_SHORTEST, _LONGEST = 0.6, 1.4
_FWHM_PER_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))

Image = NDArray[np.uint8]
Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StreakLayer:
    """Drops at one depth.

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
    """What the rain is like.

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


# What the severities mean, each as (lowest, highest). Chosen so that doing nothing scores about
# 26, 22 and 19 dB on pieces of the embedded photographs, and a streak hides most of what is behind it.
_AMOUNT = {LIGHT: (0.8, 1.3), MEDIUM: (1.5, 2.3), HEAVY: (2.7, 3.8)}
_OPACITY = {LIGHT: (0.50, 0.70), MEDIUM: (0.55, 0.78), HEAVY: (0.60, 0.86)}
_VEIL = {LIGHT: (0.0, 0.006), MEDIUM: (0.004, 0.016), HEAVY: (0.012, 0.035)}


def generator(seed: int, *stream: int) -> np.random.Generator:
    """Returns a random generator that depends on the seed and on the numbers that name its stream alone."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *stream])))


def mix(seed: int, *stream: int) -> int:
    """Returns a 32-bit seed made of a seed and of the numbers that name a stream."""
    return int(np.random.SeedSequence([seed, *stream, 1]).generate_state(1)[0])


def draw_parameters(severity: str, rng: np.random.Generator) -> RainParameters:
    """Draws what one shower is like.

    Args:
        severity: One of `SEVERITIES`.
        rng: Source of chance.

    Returns:
        Parameters for `add_rain`; slant, length, width, density, opacity and defocus all vary from call to call.

    Raises:
        ValueError: The severity is not one of `SEVERITIES`.
    """
    if severity not in SEVERITIES:
        raise ValueError(f"severity {severity!r}: expected one of {', '.join(SEVERITIES)}")
    amount = between(rng, _AMOUNT[severity])
    opacity = between(rng, _OPACITY[severity])
    length = between(rng, (0.75, 1.35))
    return RainParameters(
        angle=between(rng, (-35.0, 35.0)),
        spread=between(rng, (1.5, 5.0)),
        layers=_layers(rng, amount, opacity, length),
        veil=between(rng, _VEIL[severity]),
        glow=between(rng, (1.0, 1.35)),
    )


def add_rain(image: Image, parameters: RainParameters, seed: int) -> Image:
    """Draws rain on a clean photograph.

    Args:
        image: uint8 RGB, [H, W, 3].
        parameters: What the rain is like.
        seed: Where the streaks fall.

    Returns:
        uint8 RGB, [H, W, 3].

    Raises:
        ValueError: The image is not uint8 RGB.
    """
    require_rgb(image)
    scene = to_linear(image)
    light = np.float32(parameters.glow) * _sky_light(scene)
    alpha = streaks(image.shape[0], image.shape[1], parameters, seed)[..., None]
    rainy = scene + alpha * (light - scene)
    rainy += np.float32(parameters.veil) * (light - rainy)
    return to_srgb(rainy)


def streaks(height: int, width: int, parameters: RainParameters, seed: int) -> Plane:
    """Returns the share of the drops' light at each pixel, float32 [H, W] in [0, 1).

    Args:
        height: Height in pixels.
        width: Width in pixels.
        parameters: What the rain is like.
        seed: Where the streaks fall.
    """
    depth = np.zeros((height, width), np.float32)
    for number, layer in enumerate(parameters.layers):
        rng = generator(seed, number)
        depth += _gusts(height, width, rng) * _draw_layer(height, width, layer, parameters, rng)
    # Streaks that cross hide what is behind them one after the other: shares multiply, they do not add up.
    return (1.0 - np.exp(-depth)).astype(np.float32)


def _layers(rng: np.random.Generator, amount: float, opacity: float, length: float) -> tuple[StreakLayer, ...]:
    """Returns a far, a middle and a near layer."""
    far = StreakLayer(
        density=amount * between(rng, (14.0, 24.0)),
        length=length * between(rng, (14.0, 22.0)),
        width=between(rng, (0.8, 1.1)),
        opacity=0.65 * opacity,
        blur=between(rng, (0.0, 0.4)),
    )
    middle = StreakLayer(
        density=amount * between(rng, (2.5, 5.0)),
        length=length * between(rng, (28.0, 46.0)),
        width=between(rng, (1.0, 1.6)),
        opacity=opacity,
        blur=between(rng, (0.0, 0.5)),
    )
    near = StreakLayer(
        density=amount * between(rng, (0.2, 0.6)),
        length=length * between(rng, (55.0, 95.0)),
        width=between(rng, (1.8, 3.0)),
        opacity=1.2 * opacity,
        blur=between(rng, (0.6, 1.8)),
    )
    return far, middle, near


def _draw_layer(
    height: int, width: int, layer: StreakLayer, parameters: RainParameters, rng: np.random.Generator
) -> Plane:
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


def _stamp(plane: Plane, kernel: Plane, density: float, rng: np.random.Generator) -> None:
    """Adds a kernel to a plane at places and strengths of chance: sparse noise convolved, without the zeros."""
    rows, columns = plane.shape[0] - kernel.shape[0] + 1, plane.shape[1] - kernel.shape[1] + 1
    count = int(density * rows * columns / 10_000.0 + rng.random())
    tops = (rng.random(count) * rows).astype(int)
    lefts = (rng.random(count) * columns).astype(int)
    strengths = (0.35 + 0.65 * rng.random(count)).astype(np.float32)
    for top, left, strength in zip(tops, lefts, strengths, strict=True):
        plane[top : top + kernel.shape[0], left : left + kernel.shape[1]] += strength * kernel


def streak_kernel(
    length: float, width: float, blur: float, angle: float, offset: tuple[float, float] = (0.0, 0.0)
) -> Plane:
    """Returns the image of one falling drop: a line of soft ends and sides.

    Args:
        length: Length in pixels.
        width: Width at half brightness, pixels, in focus.
        blur: Defocus, standard deviation in pixels.
        angle: Degrees from the vertical.
        offset: (down, right) of the line's middle from that of the kernel, pixels.

    Returns:
        float32, odd sides; its highest value is near 1 in focus and less in proportion to the defocus.
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


def _sigma(width: float, blur: float) -> float:
    """Returns the standard deviation of a streak across, pixels."""
    return math.hypot(width / _FWHM_PER_SIGMA, blur)


def _gusts(height: int, width: int, rng: np.random.Generator) -> Plane:
    """Returns a smooth factor around 1 by which rain is denser here than there, float32 [H, W]."""
    coarse = (0.6 + 0.8 * rng.random((4, 4))).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def _sky_light(scene: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns what lights the drops, float32 [3]: as bright as the scene's brightest parts, half of its tint gone."""
    luminance = scene @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    bright = max(0.75, float(np.quantile(luminance, 0.97)))
    tint = scene[luminance >= np.quantile(luminance, 0.7)].mean(axis=0)
    tint = tint / max(float(tint.mean()), 1e-3)
    return (bright * (0.75 + 0.25 * tint)).astype(np.float32)


def require_rgb(image: Image) -> None:
    """Refuses what is no uint8 RGB image.

    Args:
        image: To be [H, W, 3].

    Raises:
        ValueError: It is not.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"expected uint8 [H, W, 3], got {image.dtype} {image.shape}")


def to_linear(image: Image) -> NDArray[np.float32]:
    """Returns linear light in [0, 1] of sRGB bytes (IEC 61966-2-1).

    Args:
        image: uint8, of any shape.
    """
    value = np.arange(256) / 255.0
    table = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return table[image]


def to_srgb(light: NDArray[np.float32]) -> Image:
    """Returns sRGB bytes of linear light, clipped and rounded (IEC 61966-2-1).

    Args:
        light: float32, of any shape.
    """
    # 65,536 steps are at most a twentieth of a grey level apart, and a table is six times as quick as a power.
    value = np.arange(65_536) / 65_535.0
    curve = np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)
    table = np.rint(255.0 * curve).astype(np.uint8)
    return table[np.rint(np.clip(light, 0.0, 1.0) * np.float32(65_535.0)).astype(np.uint16)]


def between(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    """Returns a number drawn evenly between two bounds.

    Args:
        rng: Source of chance.
        bounds: (lowest, highest).
    """
    low, high = bounds
    return low + (high - low) * float(rng.random())
