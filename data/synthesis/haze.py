"""Haze drawn on a clean photograph, as pure functions of (image, parameters, seed).

The model, and its sources:

* Light from a scene point is scattered out of the path and light of the air into it: `I = J * t + A * (1 - t)` with the
  transmission `t = exp(-beta * d)` at distance `d` (H. Koschmieder 1924; S. G. Narasimhan and S. K. Nayar, "Vision and the
  Atmosphere", IJCV 48(3), 2002, DOI 10.1023/A:1016328200723), here in linear light. `A` is nearly white.
* A photograph has no distances. The proxy here has three parts: the colour attenuation prior, by which bright and pale pixels
  are far (Q. Zhu, J. Mai and L. Shao, IEEE TIP 24(11), 2015, DOI 10.1109/TIP.2015.2446191); height in the image, since the
  ground recedes from the camera; and a smooth random field, since haze is uneven. A guided filter (`data.image.filtering`)
  aligns the result with the photograph's edges. The proxy is not depth: its haze is plausible, not true.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from data.features import HEAVY, LIGHT, MEDIUM
from data.image.arrays import ImageU8, PlaneF32
from data.image.filtering import guided_filter
from data.image.luma import luma_full_range
from data.synthesis.linear_light import require_rgb, to_linear, to_srgb
from data.synthesis.random_streams import between, generator

# The prior's weights of value and saturation, as published; the constant is left out, since scaling to [0, 1] removes it.
_VALUE_WEIGHT, _SATURATION_WEIGHT = 0.959710, -0.780245
# The guided filter's radius, as a share of the shorter side, and its tolerance for variance, in squared brightness.
_RADIUS, _TOLERANCE = 0.06, 1e-3
_FAR_QUANTILE = 0.98


@dataclass(frozen=True, slots=True)
class HazeParameters:
    """Parameters of the haze of one image.

    Attributes:
        beta: Scattering over the largest distance in the image; 0: no haze.
        airlight: Colour of the air, linear light, RGB in [0, 1].
        by_height: Weight of height in the image in the proxy of distance, in [0, 1].
        horizon: Row of the largest distance, from the top as a share of the height.
        unevenness: Weight of the random field in the proxy of distance, in [0, 1].
        by_slope: Weight of a slope across the image in the proxy of distance, in [0, 1]: a wall seen from one side.
        slope_angle: Direction of the slope, radians.
        nearest: Distance of the nearest point as a share of the largest, in [0, 1).
        on_display_values: Whether the haze is mixed with the bytes instead of with linear light, as published sets do (RESIDE:
            B. Li et al., IEEE TIP 28(1), 2019, DOI 10.1109/TIP.2018.2867951); `airlight` is then in units of the bytes.
    """

    beta: float
    airlight: tuple[float, float, float]
    by_height: float
    horizon: float
    unevenness: float
    by_slope: float = 0.0
    slope_angle: float = 0.0
    nearest: float = 0.0
    on_display_values: bool = False


# Ranges of `draw_varied_haze`. Scattering: from a veil that one hardly sees to a view of which nothing is left at the horizon.
# Light of the air: from dusk to a white sky; RESIDE draws 0.7 to 1.0 of the display's range. Casts: blue of distance to smog.
_VARIED_BETA = (0.3, 2.4)
_VARIED_AIR = {False: (0.5, 1.0), True: (0.65, 1.0)}
_VARIED_WARMTH = (-0.06, 0.06)
_NEAREST = (0.0, 0.5)  # indoors the nearest point is half as far as the wall behind it

_BETA = {LIGHT: (0.45, 0.8), MEDIUM: (0.9, 1.4), HEAVY: (1.6, 2.4)}


def draw_haze(severity: str, rng: np.random.Generator) -> HazeParameters:
    """Draws the parameters of one hazy day.

    Args:
        severity: One of `data.features.SEVERITIES`.
        rng: Source of chance.

    Returns:
        Parameters for `add_haze`.
    """
    bright, warm = between(rng, (0.62, 0.95)), between(rng, (-0.03, 0.03))
    return HazeParameters(
        beta=between(rng, _BETA[severity]),
        airlight=(bright * (1 + warm), bright, bright * (1 - warm)),
        by_height=between(rng, (0.35, 0.65)),
        horizon=between(rng, (0.1, 0.4)),
        unevenness=between(rng, (0.0, 0.15)),
    )


def draw_varied_haze(rng: np.random.Generator) -> HazeParameters:
    """Draws the parameters of a haze in wide ranges, for networks that have to meet haze which nobody described to them.

    Half of the hazes are mixed with linear light, as a camera sees haze, half with the bytes, as published sets mix it.
    Distance is made of height, slope, brightness and clouds in any proportion, since no photograph tells it.

    Args:
        rng: Source of chance.

    Returns:
        Parameters for `add_haze`.
    """
    on_display = rng.random() < 0.5
    bright, warm = between(rng, _VARIED_AIR[on_display]), between(rng, _VARIED_WARMTH)
    weights = rng.dirichlet((1.0, 1.0, 1.0, 0.5))
    return HazeParameters(
        beta=between(rng, _VARIED_BETA),
        airlight=(min(1.0, bright * (1 + warm)), bright, min(1.0, bright * (1 - warm))),
        by_height=float(weights[0]),
        horizon=between(rng, (0.1, 0.5)),
        unevenness=float(weights[3]),
        by_slope=float(weights[1]),
        slope_angle=between(rng, (0.0, 2 * np.pi)),
        nearest=between(rng, _NEAREST),
        on_display_values=on_display,
    )


def add_haze(image: ImageU8, parameters: HazeParameters, seed: int) -> ImageU8:
    """Draws haze on a clean photograph.

    Args:
        image: uint8 RGB, [H, W, 3].
        parameters: Parameters of the haze, from `draw_haze`.
        seed: Seed of the random field.

    Returns:
        uint8 RGB, [H, W, 3].

    Raises:
        ValueError: The image is not uint8 RGB.
    """
    require_rgb(image)
    through = np.exp(-np.float32(parameters.beta) * distance(image, parameters, seed))[..., None]
    air = np.array(parameters.airlight, np.float32)
    if parameters.on_display_values:
        return np.rint(255.0 * air + through * (image - 255.0 * air)).astype(np.uint8)
    return to_srgb(air + through * (to_linear(image) - air))


def distance(image: ImageU8, parameters: HazeParameters, seed: int) -> PlaneF32:
    """Returns a proxy of the distance of each pixel.

    Args:
        image: uint8 RGB, [H, W, 3].
        parameters: Parameters of the haze.
        seed: Seed of the random field.

    Returns:
        float32 [H, W] in [0, 1], 1 for the farthest.
    """
    hue_saturation_value = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float32) / 255.0
    prior = _to_unit(_VALUE_WEIGHT * hue_saturation_value[..., 2] + _SATURATION_WEIGHT * hue_saturation_value[..., 1])
    rest = 1.0 - parameters.by_height - parameters.unevenness - parameters.by_slope
    mixed = (
        parameters.by_height * _by_height(image.shape[0], parameters.horizon)[:, None]
        + max(0.0, rest) * prior
        + parameters.unevenness * _clouds(image.shape[0], image.shape[1], seed)
    )
    if parameters.by_slope:
        mixed = mixed + parameters.by_slope * _slope(image.shape[0], image.shape[1], parameters.slope_angle)
    guide = luma_full_range(image).astype(np.float32) / 255.0
    radius = max(1, round(_RADIUS * min(guide.shape)))
    unit = _to_unit(guided_filter(guide, mixed.astype(np.float32)[..., None], radius, _TOLERANCE)[..., 0])
    return np.float32(parameters.nearest) + np.float32(1.0 - parameters.nearest) * unit


def _by_height(height: int, horizon: float) -> NDArray[np.float32]:
    """Returns the distance of each row: 1 at the horizon and above it, falling to 0 at the lower edge."""
    row = (np.arange(height, dtype=np.float32) + 0.5) / height
    below = (1.0 - row) / (1.0 - horizon)
    return np.where(row < horizon, 1.0, np.clip(below, 0.0, 1.0) ** 1.5).astype(np.float32)


def _slope(height: int, width: int, angle: float) -> PlaneF32:
    """Returns a plane that rises from 0 to 1 in a direction."""
    rows, columns = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    rise = np.sin(angle) * rows + np.cos(angle) * columns
    return (0.5 + 0.5 * rise / (abs(np.sin(angle)) + abs(np.cos(angle)))).astype(np.float32)


def _clouds(height: int, width: int, seed: int) -> PlaneF32:
    coarse = generator(seed).random((3, 4)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def _to_unit(plane: PlaneF32) -> PlaneF32:
    """Returns a plane scaled so that nearly all of it fills [0, 1]; a flat plane becomes 0."""
    low, high = (float(np.quantile(plane, share)) for share in (1.0 - _FAR_QUANTILE, _FAR_QUANTILE))
    return np.clip((plane - low) / max(high - low, 1e-6), 0.0, 1.0).astype(np.float32)
